#!/bin/sh
# campaign.sh RECIPE-TOOL FOLDER SECONDS TARGET...: every target for so long, as many at once as there are cores,
# seeded with every golden input and conversation; what a target finds beyond them stays in FOLDER/corpus for the next campaign.
# Prints a table in Markdown.  A crash is kept in FOLDER/crashes/TARGET-*: make a recipe of it in tests/bugs, then mend.
recipe=$1 folder=$2 seconds=$3
shift 3
mkdir -p "$folder/seeds" "$folder/crashes" "$folder/logs"
find tests/golden tests/bugs -name '*.recipe' | LC_ALL=C sort | xargs "$recipe" "$folder/seeds" || exit 1

# One flat folder, as libFuzzer reads only files; large ones would only slow it down.
flat=$folder/flat
rm -rf "$flat" && mkdir -p "$flat"
find "$folder/seeds" -type f -size -64k | while read -r file; do
	ln -f "$file" "$flat/$(echo "${file#"$folder/seeds/"}" | tr / _)"
done
for talk in tests/dialects/*/*.talk; do
	cp "$talk" "$flat/$(echo "$talk" | tr / _)"
done

one='
	target=$1 folder=$2 seconds=$3
	mkdir -p "$folder/corpus/$target"
	"$folder/targets/$target" "$folder/corpus/$target" "$folder/flat" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 \
		-print_final_stats=1 -artifact_prefix="$folder/crashes/$target-" >"$folder/logs/$target" 2>&1
	echo "$?" >"$folder/logs/$target.status"'
printf '%s\n' "$@" | xargs -P "$(nproc)" -I TARGET sh -c "$one" sh TARGET "$folder" "$seconds"

bad=0
echo "| target | seconds | inputs tried | edges reached | ended |"
echo "|---|---:|---:|---:|---|"
for target in "$@"; do
	log=$folder/logs/$target
	tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	edges=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
	ended="nothing found"
	[ "$(cat "$log.status")" = 0 ] || { ended=$(sed -n 's/^SUMMARY: //p' "$log" | tail -n 1); bad=$((bad + 1)); }
	echo "| $target | $seconds | ${tried:-?} | ${edges#cov: } | ${ended:-stopped} |"
done
[ "$bad" = 0 ]
