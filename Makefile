# GNU make and pkg-config.  SAN=1: AddressSanitizer and UBSan; FUZZ=1: those and libFuzzer (clang); COVERAGE=1; LTO=1.
VERSION := 0.1.0
CC      ?= cc
PREFIX  ?= /usr/local

B := build$(if $(SAN),/san)$(if $(FUZZ),/fuzz)$(if $(COVERAGE),/coverage)
HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero
FLAGS  := -std=c17 -D_GNU_SOURCE -isystem /usr/share/include -Wall -Wextra -Wshadow -Wconversion -Werror -Isrc -I. -fPIE -MMD -MP -g
# Tuned for processors of the last ten years, and for any: without it, what is set to zero in a few stores is by an instruction that takes as long to begin.
CFLAGS ?= -O2 $(if $(filter x86_64,$(shell uname -m)),-mtune=skylake)
LINK   := -pie -Wl,-z,relro,-z,now
ifdef FUZZ
CC     := clang
FLAGS  += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
LINK   += -fsanitize=fuzzer,address,undefined
else ifdef SAN
FLAGS  += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
LINK   += -fsanitize=address,undefined
else
FLAGS  += $(HARDEN) $(CFLAGS)
endif
ifdef COVERAGE
FLAGS  += --coverage
LINK   += --coverage
endif
ifdef LTO
FLAGS  += -flto
LINK   += -flto=auto $(CFLAGS)
endif
# Static but for libc: finding a library and its symbols costs every start as much as judging a small file.
# OPENSSL=shared leaves OpenSSL to the system's updates (docs/decisions/0010-linking-openssl.md).
static = $(1:%=-l:lib%.a)
LDLIBS = $(call static,archive sqlite3 yaml z deflate bz2 lzma zstd lz4 nghttp2 $(if $(filter shared,$(OPENSSL)),,ssl crypto)) $(if $(filter shared,$(OPENSSL)),-lssl -lcrypto) -lm

# Debian 12 ships llhttp as C sources.
LLHTTP := api http llhttp
SRC    := $(shell find src -name '*.c' | LC_ALL=C sort)
EMBEDDED := $(shell find rules catalog pages policies -type f 2>/dev/null | LC_ALL=C sort)
TABLES := $(B)/formats.c $(B)/checks.c $(B)/reports.c $(B)/commands.c $(B)/embedded.c $(B)/version.c $(B)/dialects.c $(B)/names.c $(B)/words.c $(B)/filters.c
OBJ    := $(SRC:%.c=$(B)/%.o) $(TABLES:.c=.o) $(LLHTTP:%=$(B)/llhttp/%.o)
LIB    := $(filter-out $(B)/src/main/%,$(OBJ))

all: $(B)/merlon

# A catalogue that names what does not exist, or a clause without its edition, fails the build.
$(B)/merlon: $(OBJ)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@.new
	@$@.new catalog list >/dev/null && mv $@.new $@

# One word a file; V=1 shows the commands.
say = $(if $(V),,@echo "  $(1)";)
$(B)/src/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,$<)$(CC) $(FLAGS) -c $< -o $@
# A wide machine of states, of which an exchange goes through a few: what does not fit into the cache costs most.
$(B)/llhttp/%.o: /usr/share/llhttp/%.c
	@mkdir -p $(@D)
	$(call say,$<)$(CC) $(filter-out -W% $(CFLAGS),$(FLAGS)) $(if $(SAN)$(FUZZ),,-Os) -I/usr/share/include/llhttp -c $< -o $@
$(B)/%.o: $(B)/%.c
	$(call say,$<)$(CC) $(FLAGS) -c $< -o $@

# What every record and every configuration goes through.
$(B)/src/syntax/json.o $(B)/src/ledger/%.o $(B)/src/formats/pickle/%.o: FLAGS += $(if $(SAN)$(FUZZ),,-O3)

# Tables are made from folder listings; a file is only rewritten when its content changes.
table = @mkdir -p $(B) && $(1) >$@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }
$(B)/formats.c: FORCE;  $(call table,sh tools/registry.sh formats format)
$(B)/checks.c: FORCE;   $(call table,sh tools/registry.sh checks check)
$(B)/reports.c: FORCE;  $(call table,sh tools/registry.sh reports report)
$(B)/commands.c: FORCE; $(call table,sh tools/registry.sh cmd command)
$(B)/dialects.c: FORCE; $(call table,sh tools/registry.sh dialects dialect)
$(B)/version.c: FORCE;  $(call table,printf '\043include "types/assessment.h"\nconst char merlon_version[] = "$(VERSION)";\n')
$(B)/embedded.c: $(EMBEDDED) build/embed; $(call table,build/embed $(EMBEDDED))
$(B)/names.c: $(filter rules/%,$(EMBEDDED)) build/names; $(call table,build/names $(filter rules/%,$(EMBEDDED)))
$(B)/words.c: build/words; $(call table,build/words)
$(B)/filters.c: $(B)/filter; $(call table,$(B)/filter)

# They run while building, so they are built plainly whatever is built.
EMBED := src/syntax/yaml.c src/base/cursor.c src/base/arena.c src/base/spare.c src/base/bytes.c src/base/file.c src/base/hash.c src/base/text.c src/base/visible.c
build/embed: tools/embed.c $(EMBED)
build/names: tools/names.c src/rules/words.c src/rules/names.h $(EMBED)
build/words: tools/words.c src/dialects/words.c src/base/bytes.c src/dialects/slots.h src/dialects/words.h
build/embed build/names build/words:
	@mkdir -p build
	$(call say,$@)cc -std=c17 -D_GNU_SOURCE -O1 -Isrc $(filter %.c,$^) -lcrypto -lyaml -o $@

# A sanitizer's process asks for more, so what it may is another list.
$(B)/filter: tools/filter.c src/sandbox/calls.h src/sandbox/filter.h src/sandbox/confine.h
	@mkdir -p $(B)
	$(call say,$@)cc -std=c17 -D_GNU_SOURCE -O1 -Isrc $(if $(SAN),-D__SANITIZE_ADDRESS__) $< -l:libseccomp.a -o $@

# ---- tests ----

$(B)/recipe: $(B)/tools/recipe.o $(LIB)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/replay: $(B)/tests/fuzz/replay.o $(LIB)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/bench/%: $(B)/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/parts: $(B)/tests/tools/parts.o $(LIB)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/judged: $(B)/tests/tools/judged.o $(LIB)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/exchange: $(B)/tests/tools/exchange.o $(LIB)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/caller: $(B)/tests/tools/caller.o $(LIB)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/cuts: $(B)/tests/fuzz/cuts.o $(LIB)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/unit/%: $(B)/tests/unit/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -lcmocka -o $@
$(B)/tools/%.o: tools/%.c
	@mkdir -p $(@D)
	$(call say,$<)$(CC) $(FLAGS) -c $< -o $@
$(B)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,$<)$(CC) $(FLAGS) -c $< -o $@

UNITS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))

# Everything CI runs: with sanitizers, then the lints; ends with "N passed, N failed".
test:
	@$(MAKE) --no-print-directory all
	@SAN=1 $(MAKE) --no-print-directory test-programs
	@sh tests/run.sh
test-programs: $(B)/merlon $(B)/reference $(B)/recipe $(B)/replay $(B)/cuts $(B)/parts $(B)/exchange $(B)/caller $(B)/judged $(UNITS:%=$(B)/unit/%)

golden: $(B)/merlon $(B)/recipe
	@sh tests/golden.sh $(B)/merlon $(B)/recipe $(B)/golden

lint: all
	@sh tools/lint-layers.sh
	@sh tools/lint-pure.sh $(B)
	@sh tools/lint-headers.sh
	@$(CC) $(filter-out -MMD -MP,$(FLAGS)) -fsyntax-only $(wildcard tests/fuzz/targets/*.c)

# ---- what is generated from the program: reference pages, man pages, completion ----

$(B)/reference: $(B)/tools/reference.o $(LIB)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
PAGES := checks formats commands controls
reference: $(B)/reference
	@mkdir -p docs/reference
	@for p in $(PAGES); do $(B)/reference $$p >docs/reference/$$p.md || exit 1; done
COMMANDS := $(patsubst src/cmd/%.c,%,$(filter-out $(patsubst %.h,%.c,$(wildcard src/cmd/*.h)),$(wildcard src/cmd/*.c)))
man: $(B)/reference
	@mkdir -p $(B)/man
	@$(B)/reference man merlon >$(B)/man/merlon.1
	@for c in $(COMMANDS); do $(B)/reference man $$c >$(B)/man/merlon-$$c.1 || exit 1; done
	@$(B)/reference completion >$(B)/man/merlon.bash

install: all man
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/merlon $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(B)/merlon $(DESTDIR)$(PREFIX)/bin/merlon
	install -m 644 $(B)/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 $(B)/man/merlon.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/merlon
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' packaging/merlon-gateway.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/merlon-gateway.service
	cp -r rules policies catalog schema examples $(DESTDIR)$(PREFIX)/share/merlon/

# ---- the demo ----

demo: $(B)/merlon $(B)/recipe
	@sh tools/examples.sh $(B)/recipe examples/clinic build/examples/clinic
	@sh tools/demo.sh $(B)/merlon build/examples/clinic

# ---- measurements, beside the peers: make bench PART="small dense" for some of them ----

build/peers: tests/bench/peers.txt
	python3 -m venv $@ && $@/bin/pip install --quiet --requirement $< && touch $@
bench: $(B)/merlon $(B)/bench/ledger build/peers
	@mkdir -p build/bench
	@python3 tests/bench/run.py $(B)/merlon $(B)/bench/ledger build/peers/bin build/bench/work $(PART) | tee build/bench/report.md

# ---- the gateway, by what nobody here wrote: official clients, other readers of HTTP, a tester of HTTP/2; ten minutes of traffic; side by side with its peers ----

build/interop/installed: tests/interop/requirements.txt tests/interop/package-lock.json tests/interop/http2/go.sum tests/interop/mcp/package-lock.json $(wildcard tests/talks/mcp/*)
	@mkdir -p $(@D) && cp tests/interop/package.json tests/interop/package-lock.json $(@D)
	rm -rf $(@D)/mcp; python3 -m venv $(@D)/venv && $(@D)/venv/bin/pip install --quiet --require-hashes --requirement $<
	cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	cp -r tests/talks/mcp $(@D) && cd $(@D)/mcp && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	mkdir -p $(@D)/conformance && cp tests/interop/mcp/*.json $(@D)/conformance && cd $(@D)/conformance && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	cd tests/interop/http2 && go build -mod=readonly -o $(abspath $(@D))/h2spec github.com/summerwind/h2spec/cmd/h2spec
	@touch $@
smuggling: $(B)/merlon
	@python3 tests/interop/smuggling.py $(B)/merlon build/interop/smuggling docs/SMUGGLING.md
interop: $(B)/merlon build/interop/installed
	@python3 tests/interop/run.py $(B)/merlon build/interop build/interop/work
	@build/interop/venv/bin/python tests/interop/hostile.py $(B)/merlon build/interop build/interop/hostile
	@python3 tests/interop/http2/conformance.py $(B)/merlon build/interop/h2spec build/interop/http2
	@python3 tests/interop/mcp/conformance.py $(B)/merlon build/interop/conformance build/interop/mcp-conformance

# Ten minutes of honest and hostile callers at once, with sanitizers: make soak SECONDS=60 for less.
soak:
	@SAN=1 $(MAKE) --no-print-directory build/san/merlon
	@python3 tests/soak/run.py build/san/merlon build/soak $(or $(SECONDS),600)

build/gateways/installed: tests/bench/gateway/peers.txt tests/bench/gateway/package.json
	@mkdir -p $(@D) && cp tests/bench/gateway/package.json $(@D)
	python3 -m venv $(@D)/venv && $(@D)/venv/bin/pip install --quiet --requirement $<
	cd $(@D) && npm install --ignore-scripts --no-audit --no-fund --loglevel=error && touch installed
$(B)/bench/load $(B)/bench/copier: $(B)/bench/%: tests/bench/gateway/%.c
	@mkdir -p $(@D)
	$(call say,$@)$(CC) -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion -Werror $< -o $@
$(B)/bench/without-records: $(filter-out $(B)/src/gateway/evidence.o,$(OBJ)) $(B)/tests/bench/gateway/without_records.o
	@mkdir -p $(@D)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
# PART="exchanges idle" for some of it; the kill switch (PART=halt) is measured without others beside it.
bench-gateway: $(B)/merlon $(B)/bench/load $(B)/bench/copier $(B)/bench/without-records $(if $(filter-out halt,$(or $(PART),all)),build/gateways/installed)
	@python3 tests/bench/gateway/run.py $(B)/merlon $(B)/bench build/gateways build/bench/gateways $(PART) | tee build/bench/gateway.md

# ---- our readers held against those of others: make oracle, or make oracle-zip OPTIONS="--files 9000" ----
# zip uses torch too when PYTHON has it; tensorflow is only needed for the whole of graph.

ORACLES := pickle dumps zip safetensors gguf graph templates
build/oracle: tests/oracle/requirements.txt
	python3 -m venv $@ && $@/bin/pip install --quiet --requirement $< && touch $@
PYTHON ?= build/oracle/bin/python
oracle-%: $(B)/merlon $(B)/parts $(B)/recipe build/oracle
	$(PYTHON) tests/oracle/$*.py $(OPTIONS) 2>build/oracle/$*.log
oracle-graph: OPTIONS = onnx
oracle: $(ORACLES:%=oracle-%)

# What the shipped lists make of import sets of real models: DATA is a folder with imports.tsv, which is not ours to ship.
measure-imports: $(B)/merlon
	@python3 tests/oracle/imports.py $(DATA)

# What Merlon and its peers say of every golden case, by class of attack; LABELLED=folder adds labelled files.
bench-classes: $(B)/merlon $(B)/recipe build/peers
	@python3 tests/bench/classes.py $(B)/merlon $(B)/recipe build/peers/bin build/bench/classes docs/CLASSES.md $(LABELLED)

# Honest files that people publish, fetched through the package registries' clients.
realworld: $(B)/merlon
	@python3 tests/realworld/collect.py $(B)/merlon build/realworld docs/REALWORLD.md

# ---- fuzzing: make fuzz-gguf && build/fuzz/targets/gguf -max_total_time=60; make fuzz-campaign SECONDS=600 for all ----

# A target is a file in src/formats, or in tests/fuzz/targets for what is no format.
FUZZED := $(patsubst src/formats/%.c,%,$(filter-out $(patsubst %.h,%.c,$(wildcard src/formats/*.h)),$(wildcard src/formats/*.c))) $(patsubst tests/fuzz/targets/%.c,%,$(wildcard tests/fuzz/targets/*.c))
fuzz-campaign: $(B)/recipe
	@FUZZ=1 $(MAKE) --no-print-directory $(FUZZED:%=build/fuzz/targets/%)
	@sh tests/fuzz/campaign.sh $(B)/recipe build/fuzz $(or $(SECONDS),60) $(or $(ONLY),$(FUZZED))
fuzz-%:
	@FUZZ=1 $(MAKE) --no-print-directory build/fuzz/targets/$*
ifdef FUZZ
$(B)/tests/fuzz/targets/%.o: tests/fuzz/targets/%.c
	@mkdir -p $(@D)
	$(call say,$<)$(CC) $(FLAGS) -c $< -o $@
$(B)/tests/fuzz/formats/%.o: tests/fuzz/format.c
	@mkdir -p $(@D)
	$(call say,$< for $*)$(CC) $(FLAGS) -DFORMAT=format_$* -c $< -o $@
$(B)/library.a: $(LIB)
	$(call say,$@)rm -f $@ && ar rcs $@ $^
$(B)/targets/%: $(B)/tests/fuzz/targets/%.o $(B)/library.a
	@mkdir -p $(@D)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
$(B)/targets/%: $(B)/tests/fuzz/formats/%.o $(B)/library.a
	@mkdir -p $(@D)
	$(call say,$@)$(CC) $(LINK) $^ $(LDLIBS) -o $@
endif

clean: ; rm -rf build
FORCE:
.PHONY: all test test-programs golden lint reference man install demo bench bench-classes bench-gateway interop smuggling soak realworld oracle measure-imports fuzz-campaign clean FORCE
.SECONDARY:
%.d: ;
-include $(shell find $(B) -name '*.d' 2>/dev/null)
