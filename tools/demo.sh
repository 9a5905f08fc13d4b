#!/bin/sh
# demo.sh MERLON CLINIC: the main job on examples/clinic, as a stranger meets it.
set -u
merlon=$1 clinic=$2
ledger=build/demo/ledger
rm -rf build/demo && mkdir -p build/demo
echo "$ merlon scan --ledger $ledger --report text --report html=report.html $clinic"
echo
"$merlon" scan --ledger "$ledger" --report text --report html=report.html "$clinic"
status=$?
[ "$status" = 1 ] || { echo "demo: the scan ended with status $status; 1 (something dangerous was found) was expected"; exit 1; }
echo
echo "$ merlon ledger verify $ledger"
"$merlon" ledger verify "$ledger" || exit 1
echo
echo "$ merlon controls --ledger $ledger --profile examples/clinic/profile.yaml | tail"
"$merlon" controls --ledger "$ledger" --profile examples/clinic/profile.yaml --report text=build/demo/standing.txt --report html=build/demo/standing.html
sed -n '/^Guideline 4/,/^$/p' build/demo/standing.txt
tail -n 4 build/demo/standing.txt
cat <<END

Look at:   report.html                    what was found, for those who decide
           build/demo/standing.html       where every guideline and principle stands
Go on:     build/merlon explain import.dangerous
           build/merlon ledger prove $ledger 3
           build/merlon scan YOUR-FOLDER
           build/merlon help
END
