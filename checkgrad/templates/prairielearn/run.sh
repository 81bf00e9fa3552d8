#!/usr/bin/env bash
# The entry point of PrairieLearn's external grader: the submission is in /grade/student, this file in /grade/tests.
set -uo pipefail

root=${GRADE_ROOT:-/grade}
checkgrad=${CHECKGRAD:-checkgrad}
results=$root/results/results.json
out=$(mktemp -d)
mkdir -p "$root/results"

# Not gradable: no attempt is lost if this is all that there will be.
cat > "$results" <<'JSON'
{"gradable": false, "format_errors": ["This submission could not be graded. It is not your fault, and no attempt is lost."]}
JSON

"$checkgrad" grade "$root/student" --assignment "$root/tests/assignment.toml" \
    --export prairielearn --no-html --no-class -j 1 --out "$out"

found=("$out"/students/*.prairielearn)
if [ -s "${found[0]}" ]; then
    cp "${found[0]}" "$results.part" && mv "$results.part" "$results"
fi
exit 0
