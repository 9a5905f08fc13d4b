#!/bin/sh
# replay.sh REPLAY GOLDEN-WORK: every golden input, whole and cut at many places and with bytes changed,
# through every format.  A crash fails it; so does a cut honest file that is called clean (tests/talks/cuts.sh).
replay=$1
find "$2/tests" -type f ! -name got.txt -size -64k | xargs "$replay" && echo "1 passed, 0 failed"
