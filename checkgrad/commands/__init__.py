"""The subcommands of `checkgrad`, one a file: HELP, declare(parser) and run(options) -> exit code."""
