#include "identity/fetch.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>

/* What is used of libcurl, by its own declarations. */
struct library {
	void *handle;
	__typeof__(&curl_global_init) global_init;
	__typeof__(&curl_easy_init) init;
	__typeof__(&curl_easy_cleanup) cleanup;
	__typeof__(&curl_easy_setopt) set;
	__typeof__(&curl_easy_perform) perform;
	__typeof__(&curl_easy_getinfo) ask;
};

static bool load(struct library *l)
{
	l->handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!l->handle)
		return false;
	l->global_init = (__typeof__(l->global_init))dlsym(l->handle, "curl_global_init");
	l->init = (__typeof__(l->init))dlsym(l->handle, "curl_easy_init");
	l->cleanup = (__typeof__(l->cleanup))dlsym(l->handle, "curl_easy_cleanup");
	l->set = (__typeof__(l->set))dlsym(l->handle, "curl_easy_setopt");
	l->perform = (__typeof__(l->perform))dlsym(l->handle, "curl_easy_perform");
	l->ask = (__typeof__(l->ask))dlsym(l->handle, "curl_easy_getinfo");
	return l->global_init && l->init && l->cleanup && l->set && l->perform && l->ask && l->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct answer {
	struct text *out;
	size_t most;
};

static size_t take(char *at, size_t size, size_t count, void *to)
{
	struct answer *answer = to;
	size_t len = size * count;

	if (len > answer->most - answer->out->len)
		return 0;
	text_add(answer->out, (struct bytes){(unsigned char *)at, len});
	return len;
}

static bool set_up(const struct library *l, CURL *curl, const struct fetch *fetch, struct answer *answer, char *error)
{
	CURLcode bad = l->set(curl, CURLOPT_ERRORBUFFER, error);

	bad |= l->set(curl, CURLOPT_URL, fetch->url);
	bad |= l->set(curl, CURLOPT_PROTOCOLS_STR, "https");
	bad |= l->set(curl, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= l->set(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	bad |= l->set(curl, CURLOPT_NOSIGNAL, 1L);
	bad |= l->set(curl, CURLOPT_TIMEOUT_MS, fetch->timeout_ms);
	bad |= l->set(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bad |= l->set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	bad |= l->set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	bad |= l->set(curl, CURLOPT_WRITEFUNCTION, take);
	bad |= l->set(curl, CURLOPT_WRITEDATA, answer);
	if (fetch->authority)
		bad |= l->set(curl, CURLOPT_CAINFO, fetch->authority);
	return bad == CURLE_OK;
}

bool fetch_run(const struct fetch *fetch, struct text *out, char why[160])
{
	static struct library library;
	char error[CURL_ERROR_SIZE] = "";
	struct answer answer = {out, fetch->most};
	long status = 0;

	if (!library.handle && !load(&library)) {
		snprintf(why, 160, "cannot be fetched: libcurl.so.4 is not here");
		return false;
	}
	text_clear(out);
	CURL *curl = library.init();
	bool ready = curl && set_up(&library, curl, fetch, &answer, error);
	CURLcode result = ready ? library.perform(curl) : CURLE_FAILED_INIT;
	if (result == CURLE_OK)
		library.ask(curl, CURLINFO_RESPONSE_CODE, &status);
	if (curl)
		library.cleanup(curl);
	if (result == CURLE_WRITE_ERROR)
		snprintf(why, 160, "gives more than %zu bytes", fetch->most);
	else if (result != CURLE_OK)
		snprintf(why, 160, "cannot be fetched: %.130s", error[0] ? error : "libcurl failed");
	else if (status != 200)
		snprintf(why, 160, "answers with status %ld", status);
	return result == CURLE_OK && status == 200;
}
