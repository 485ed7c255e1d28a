"""Grade the submissions for a module, as `tito course grade` does before it looks at whole packages.

python -m benchmarks.grade_class COURSE MODULE WORKERS
"""

import sys
from pathlib import Path

from gradebook.course import Course
from gradebook.grade.containment import choose_level
from gradebook.grade.grading import run_grading
from gradebook.grade.planning import plan_grading

if __name__ == "__main__":
    course, name, workers = Course(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
    module = next(module for module in course.authored() if module.id == name)
    results = list(run_grading(course, plan_grading(course, (module,)), workers, level=choose_level()))
    print(len(results), "submissions, mean score", sum(one.score for one in results) / len(results))
