"""What a report shows of a failure: pictures, the example by hand and as code, the lines, the smallest input."""
