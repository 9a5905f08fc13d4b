"""Run by the Python of the peers: one JSON object a line for each path on standard input, as `modelaudit scan PATH` would end.

The program takes seconds to start; this asks its scanner once a file and its own function for the exit status.
"""

import contextlib
import json
import logging
import sys

from modelaudit.core import determine_exit_code, scan_model_directory_or_file
from modelaudit.core_results import results_have_security_findings

logging.disable(logging.CRITICAL)
for line in sys.stdin:
	path = line.rstrip("\n")
	with contextlib.redirect_stdout(sys.stderr):
		try:
			results = scan_model_directory_or_file(path, timeout=60)
			answer = {"path": path, "status": determine_exit_code(results), "found": results_have_security_findings(results)}
		except Exception as error:
			answer = {"path": path, "status": 2, "found": False, "error": str(error)}
	print(json.dumps(answer), flush=True)
