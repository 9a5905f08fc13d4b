"""Fetches one archive of a published package through its registry's own client, as the machine has it set up.

Nothing of a package is built, installed or run: pip's finder is asked for the file alone, since
`pip download` would run the build of a source archive to learn its name.
"""

import glob
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

CLIENT = dict(os.environ, GOFLAGS="-mod=mod", npm_config_ignore_scripts="true", npm_config_update_notifier="false")


def run(*command, folder=None):
	done = subprocess.run(command, cwd=folder, env=CLIENT, capture_output=True, text=True)
	if done.returncode != 0:
		raise LookupError((done.stderr.strip().splitlines() or ["ended without a word"])[-1])
	return done.stdout


def pypi(package, version, archive, target):
	from pip._internal.commands import create_command
	from pip._internal.commands.download import DownloadCommand
	command = create_command("download")
	assert isinstance(command, DownloadCommand)
	options, _ = command.parse_args(["--no-deps", package])
	with command.main_context():
		session = command.get_default_session(options)
		finder = command._build_package_finder(options, session)
		links = [c.link for c in finder.find_all_candidates(package) if str(c.version) == version and c.link.filename == archive]
		if not links:
			raise LookupError(f"{archive} is not among the files for this machine")
		answer = session.get(links[0].url_without_fragment, stream=True, headers={"Accept-Encoding": "identity"})
		answer.raise_for_status()
		with open(target, "wb") as out:
			for chunk in answer.iter_content(1 << 20):
				out.write(chunk)


def npm(package, version, archive, target):
	with tempfile.TemporaryDirectory() as folder:
		run("npm", "pack", f"{package}@{version}", "--json", folder=folder)
		shutil.move(next(pathlib.Path(folder).glob("*.tgz")), target)


def crates(package, version, archive, target):
	run("cargo", "info", "--quiet", f"{package}@{version}")
	home = os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")
	found = glob.glob(f"{home}/registry/cache/*/{archive}")
	if not found:
		raise LookupError("cargo did not keep the archive")
	shutil.copyfile(found[0], target)


def go(package, version, archive, target):
	with tempfile.TemporaryDirectory() as folder:
		kept = json.loads(run("go", "mod", "download", "-json", f"{package}@{version}", folder=folder))
		shutil.copyfile(kept["Zip"], target)


KINDS = {"pypi": pypi, "npm": npm, "crates": crates, "go": go}
