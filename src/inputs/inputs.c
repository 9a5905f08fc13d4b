#include "inputs/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sort.h"
#include "base/text.h"

enum { DEPTH_MOST = 128 };

struct place {
	dev_t device;
	ino_t inode;
};

struct name {
	char *text;
	unsigned char type;         /* as the folder has it (DT_REG, ...) */
};

/* A folder being walked: its names are read at once and sorted. */
struct folder {
	int fd;
	struct name *names;
	size_t count, next;
	size_t path_len;            /* of the folder's own path, in `path` */
	struct place place;
};

struct inputs {
	const char *const *paths;
	size_t count, next;
	struct folder folders[DEPTH_MOST];
	size_t depth;
	struct place *seen;         /* folders entered through a link */
	size_t seen_count, seen_room;
	struct text path, trouble;
};

struct inputs *inputs_create(const char *const *paths, size_t count)
{
	struct inputs *in = calloc(1, sizeof *in);

	if (!in)
		abort();
	in->paths = paths;
	in->count = count;
	text_init(&in->path, NULL);
	text_init(&in->trouble, NULL);
	return in;
}

static void leave_folder(struct inputs *in)
{
	struct folder *f = &in->folders[--in->depth];

	for (size_t i = 0; i < f->count; i++)
		free(f->names[i].text);
	free(f->names);
	close(f->fd);
}

void inputs_destroy(struct inputs *in)
{
	if (!in)
		return;
	while (in->depth > 0)
		leave_folder(in);
	text_finish(&in->path);
	text_finish(&in->trouble);
	free(in->seen);
	free(in);
}

static bool give_trouble(struct inputs *in, struct input *out, const char *what, int error)
{
	text_clear(&in->trouble);
	text_add_string(&in->trouble, what);
	if (error)
		text_addf(&in->trouble, ": %s", strerror(error));
	*out = (struct input){.path = text_string(&in->path), .fd = -1, .trouble = text_string(&in->trouble)};
	return true;
}

static struct place place_of(const struct stat *s)
{
	return (struct place){s->st_dev, s->st_ino};
}

static bool same_place(struct place a, struct place b)
{
	return a.device == b.device && a.inode == b.inode;
}

/* ---- folders ---- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static bool read_names(struct folder *f, DIR *dir)
{
	size_t room = 0;

	errno = 0;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (f->count == room) {
			room = room ? room * 2 : 64;
			f->names = realloc(f->names, room * sizeof *f->names);
		}
		char *text = strdup(e->d_name);
		if (!f->names || !text)
			abort();
		f->names[f->count++] = (struct name){text, e->d_type};
	}
	int why = errno;
	sort(f->names, f->count, sizeof *f->names, compare_names);
	errno = why;
	return why == 0;
}

static bool is_above(const struct inputs *in, struct place place)
{
	for (size_t i = 0; i < in->depth; i++)
		if (same_place(in->folders[i].place, place))
			return true;
	return false;
}

/* True the first time; a folder that two links lead to is examined once. */
static bool note_seen(struct inputs *in, struct place place)
{
	for (size_t i = 0; i < in->seen_count; i++)
		if (same_place(in->seen[i], place))
			return false;
	if (in->seen_count == in->seen_room) {
		in->seen_room = in->seen_room ? in->seen_room * 2 : 64;
		in->seen = realloc(in->seen, in->seen_room * sizeof *in->seen);
		if (!in->seen)
			abort();
	}
	in->seen[in->seen_count++] = place;
	return true;
}

/* Takes `fd`. False, with the trouble in `out`, when the folder cannot be walked. */
static bool enter_folder(struct inputs *in, int fd, const struct stat *s, struct input *out)
{
	struct folder *f = &in->folders[in->depth];

	if (in->depth == DEPTH_MOST) {
		close(fd);
		return !give_trouble(in, out, "is a folder nested too deep to enter", 0);
	}
	*f = (struct folder){.fd = fd, .path_len = in->path.len, .place = place_of(s)};
	int copy = dup(fd);
	DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
	bool whole = dir && read_names(f, dir);
	int why = errno;
	if (dir)
		closedir(dir);
	in->depth++;
	return whole || !give_trouble(in, out, "cannot be listed", why);
}

/* ---- one path ---- */

enum outcome { GIVEN, SKIPPED };

static const char *kind_of(mode_t mode)
{
	if (S_ISFIFO(mode))
		return "is a pipe, not a file";
	if (S_ISSOCK(mode))
		return "is a socket, not a file";
	return S_ISCHR(mode) || S_ISBLK(mode) ? "is a device, not a file" : "is no file";
}

static enum outcome open_folder(struct inputs *in, int at, const char *name, bool link, const struct stat *s, struct input *out)
{
	if (is_above(in, place_of(s)))
		return give_trouble(in, out, "is a link back to a folder that holds it; it is not entered again", 0) ? GIVEN : SKIPPED;
	if (link && !note_seen(in, place_of(s)))
		return SKIPPED;
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return give_trouble(in, out, "cannot be opened", errno) ? GIVEN : SKIPPED;
	return enter_folder(in, fd, s, out) ? SKIPPED : GIVEN;
}

/* False when it cannot be opened, or (errno is 0) is no regular file. */
static bool open_file(struct inputs *in, int at, const char *name, int flags, struct input *out)
{
	int fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);

	if (fd < 0)
		return false;
	*out = (struct input){.path = text_string(&in->path), .fd = fd};
	if (fstat(fd, &out->stat) == 0 && S_ISREG(out->stat.st_mode))
		return true;
	close(fd);
	errno = 0;
	return false;
}

/* Looked at before it is opened: opening a pipe or a device can have effects. */
static enum outcome open_path(struct inputs *in, int at, const char *name, struct input *out)
{
	struct stat l, s;

	if (fstatat(at, name, &l, AT_SYMLINK_NOFOLLOW) != 0)
		return give_trouble(in, out, "cannot be found", errno) ? GIVEN : SKIPPED;
	bool link = S_ISLNK(l.st_mode);
	if (fstatat(at, name, &s, 0) != 0)
		return give_trouble(in, out, errno == ENOENT ? "is a link to nothing" : "is a link that cannot be followed", errno == ENOENT ? 0 : errno) ? GIVEN : SKIPPED;
	if (S_ISDIR(s.st_mode))
		return open_folder(in, at, name, link, &s, out);
	if (!S_ISREG(s.st_mode))
		return give_trouble(in, out, kind_of(s.st_mode), 0) ? GIVEN : SKIPPED;
	if (open_file(in, at, name, 0, out))
		return GIVEN;
	return give_trouble(in, out, errno ? "cannot be opened" : "was replaced while it was opened", errno) ? GIVEN : SKIPPED;
}

/* What a folder says is a file needs no look before; whatever is wrong, the long way tells. */
static enum outcome open_name(struct inputs *in, int at, struct name name, struct input *out)
{
	if (name.type == DT_REG && open_file(in, at, name.text, O_NOFOLLOW, out))
		return GIVEN;
	return open_path(in, at, name.text, out);
}

/* ---- standard input ---- */

static bool copy_input(int to, uint64_t most)
{
	enum { STEP = 256 << 10 };
	static unsigned char buffer[STEP];
	uint64_t total = 0;

	for (;;) {
		ssize_t n = read(STDIN_FILENO, buffer, STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		total += (uint64_t)n;
		errno = EFBIG;
		if (total > most || write(to, buffer, (size_t)n) != n)
			return false;
	}
}

/* Held in memory: what comes through a pipe can be read once only. */
static bool open_standard_input(struct inputs *in, struct input *out)
{
	const uint64_t most = (uint64_t)8 << 30;
	int fd = memfd_create("standard input", MFD_CLOEXEC);

	*out = (struct input){.path = text_string(&in->path), .fd = fd};
	if (fd >= 0 && copy_input(fd, most) && fstat(fd, &out->stat) == 0)
		return true;
	int why = errno;
	if (fd >= 0)
		close(fd);
	return give_trouble(in, out, "cannot be read", why);
}

/* ---- the walk ---- */

static bool next_in_folder(struct inputs *in, struct input *out)
{
	struct folder *f = &in->folders[in->depth - 1];

	if (f->next == f->count) {
		leave_folder(in);
		return false;
	}
	struct name name = f->names[f->next++];
	in->path.len = f->path_len;
	if (in->path.len > 0 && in->path.at[in->path.len - 1] != '/')
		text_add_byte(&in->path, '/');
	text_add_string(&in->path, name.text);
	return open_name(in, f->fd, name, out) == GIVEN;
}

bool inputs_next(struct inputs *in, struct input *out)
{
	for (;;) {
		if (in->depth > 0) {
			if (next_in_folder(in, out))
				return true;
			continue;
		}
		if (in->next == in->count)
			return false;
		const char *path = in->paths[in->next++];
		text_clear(&in->path);
		text_add_string(&in->path, path);
		if (strcmp(path, "-") == 0)
			return open_standard_input(in, out);
		if (open_path(in, AT_FDCWD, path, out) == GIVEN)
			return true;
	}
}

bool input_changed(int fd, const struct stat *before)
{
	struct stat now;

	return fstat(fd, &now) != 0 || now.st_size != before->st_size || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
	       now.st_ctim.tv_nsec != before->st_ctim.tv_nsec;
}
