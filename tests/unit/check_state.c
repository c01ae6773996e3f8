/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_state: digests, kept objects and the lock, in a folder of its own.
 */
#define _GNU_SOURCE
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/state.h"

static char folder[] = "/tmp/check_state.XXXXXX";
static char last_notice[512];
static unsigned int notices;

static void keep_notice(const char *text)
{
	snprintf(last_notice, sizeof(last_notice), "%s", text);
	notices++;
}

static struct report make_report(void)
{
	notices = 0;
	last_notice[0] = 0;
	return (struct report){ .notice = keep_notice };
}

static void set_up(void)
{
	char path[64];

	strcpy(folder, "/tmp/check_state.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state", folder);
	setenv("XDPFW_STATE_DIR", path, 1);
	snprintf(path, sizeof(path), "%s/run", folder);
	setenv("XDPFW_RUN_DIR", path, 1);
}

static void tear_down(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void make_key(unsigned int number, char ret_key[STATE_DIGEST_HEX])
{
	uint8_t digest[STATE_DIGEST_BYTES];

	state_digest(&number, sizeof(number), digest);
	state_digest_hex(digest, ret_key);
}

static void object_path(const char *key, char ret_path[256])
{
	snprintf(ret_path, 256, "%.40s/state/objects/%.64s", folder, key);
}

START_TEST(digest)
{
	/* FIPS 180-2, appendix B.1 */
	uint8_t bytes[STATE_DIGEST_BYTES];
	char hex[STATE_DIGEST_HEX];

	state_digest("abc", 3, bytes);
	state_digest_hex(bytes, hex);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(keep_and_get)
{
	struct report report = make_report();
	struct buf object = BUF_INIT;
	char key[STATE_DIGEST_HEX];

	make_key(1, key);
	ck_assert(!state_get_object(&report, key, &object));
	state_put_object(&report, key, "\177ELF\0x", 6);
	ck_assert(state_get_object(&report, key, &object));
	ck_assert_uint_eq(object.len, 6);
	ck_assert_mem_eq(object.at, "\177ELF\0x", 6);
	ck_assert_uint_eq(notices, 0);
	buf_free(&object);
}
END_TEST

START_TEST(damaged)
{
	struct report report = make_report();
	struct buf object = BUF_INIT;
	char key[STATE_DIGEST_HEX], path[256];
	int fd;

	make_key(1, key);
	state_put_object(&report, key, "object", 6);
	object_path(key, path);
	fd = open(path, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, "O", 1, lseek(fd, 0, SEEK_END) - 6), 1);
	close(fd);
	ck_assert(!state_get_object(&report, key, &object));
	ck_assert_uint_eq(object.len, 0);
	ck_assert_ptr_nonnull(strstr(last_notice, "is damaged and is built anew"));
	ck_assert_int_ne(access(path, F_OK), 0);
	buf_free(&object);
}
END_TEST

START_TEST(cut_and_empty)
{
	char key[STATE_DIGEST_HEX], path[256];

	make_key(1, key);
	object_path(key, path);
	for (off_t size = 0; size < 54; size += 9) {
		struct report report = make_report();
		struct buf object = BUF_INIT;

		state_put_object(&report, key, "object", 6);
		ck_assert_int_eq(truncate(path, size), 0);
		ck_assert(!state_get_object(&report, key, &object));
		ck_assert_uint_eq(notices, 1);
		buf_free(&object);
	}
}
END_TEST

START_TEST(keep_the_last)
{
	struct report report = make_report();
	char keys[STATE_KEPT_OBJECTS + 1][STATE_DIGEST_HEX], path[256];
	struct buf object = BUF_INIT;

	for (unsigned int i = 0; i < STATE_KEPT_OBJECTS; i++) {
		make_key(i, keys[i]);
		state_put_object(&report, keys[i], "object", 6);
		usleep(12000);		/* a file's time ticks at HZ */
	}
	/* number 0 is used again, so number 1 is the oldest */
	ck_assert(state_get_object(&report, keys[0], &object));
	usleep(12000);
	make_key(STATE_KEPT_OBJECTS, keys[STATE_KEPT_OBJECTS]);
	state_put_object(&report, keys[STATE_KEPT_OBJECTS], "object", 6);
	for (unsigned int i = 0; i <= STATE_KEPT_OBJECTS; i++) {
		object_path(keys[i], path);
		ck_assert_msg(!access(path, F_OK) == (i != 1), "object %u", i);
	}
	ck_assert_uint_eq(notices, 0);
	buf_free(&object);
}
END_TEST

static const struct str a_head = { "head", 4 }, a_text = { "text", 4 };
static const struct str an_image = { "image", 5 };

START_TEST(tables)
{
	struct report report = make_report();
	char key[STATE_DIGEST_HEX], path[256];
	void *bytes;
	size_t len;
	FILE *file;

	make_key(1, key);
	snprintf(path, sizeof(path), "%.40s/state/tables/%.64s", folder, key);
	ck_assert(!state_get_tables(&report, key, &bytes, &len));
	state_put_tables(&report, key, a_head, a_text, an_image);
	ck_assert(state_get_tables(&report, key, &bytes, &len));
	ck_assert_uint_eq(len, 13);
	ck_assert_mem_eq(bytes, "headtextimage", 13);
	free(bytes);
	ck_assert_uint_eq(notices, 0);
	/* One other byte, and it is gone. */
	file = fopen(path, "r+");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fseek(file, -1, SEEK_END), 0);
	ck_assert_int_eq(fputc('x', file), 'x');
	ck_assert_int_eq(fclose(file), 0);
	ck_assert(!state_get_tables(&report, key, &bytes, &len));
	ck_assert_ptr_nonnull(strstr(last_notice, "tables"));
	ck_assert_int_ne(access(path, F_OK), 0);
	state_put_tables(&report, key, a_head, a_text, an_image);
	ck_assert_int_eq(access(path, F_OK), 0);
	state_drop_tables(key);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* Where the file should be is something that cannot be read, or waits for a writer. */
START_TEST(no_files)
{
	struct report report = make_report();
	char key[STATE_DIGEST_HEX], path[256];
	void *bytes;
	size_t len;

	make_key(1, key);
	snprintf(path, sizeof(path), "%.40s/state/tables/%.64s", folder, key);
	ck_assert(!state_get_tables(&report, key, &bytes, &len));
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(i ? mkfifo(path, 0600) : mkdir(path, 0700), 0);
		ck_assert(!state_get_tables(&report, key, &bytes, &len));
		ck_assert_int_eq(notices, i + 1);
		ck_assert_int_ne(access(path, F_OK), 0);
	}
	state_put_tables(&report, key, a_head, a_text, an_image);
	ck_assert_int_eq(notices, 2);
	snprintf(path, sizeof(path), "%.40s/state/tables", folder);
	ck_assert_int_eq(chmod(path, 0755), 0);
	state_put_tables(&report, key, a_head, a_text, an_image);
	ck_assert_int_eq(notices, 3);
	ck_assert_ptr_nonnull(strstr(last_notice, "the tables are not kept"));
}
END_TEST

START_TEST(last_tables)
{
	struct report report = make_report();
	char keys[STATE_KEPT_TABLES + 1][STATE_DIGEST_HEX];

	for (unsigned int i = 0; i <= STATE_KEPT_TABLES; i++) {
		make_key(i, keys[i]);
		state_put_tables(&report, keys[i], a_head, a_text, an_image);
		usleep(12000);		/* a file's time ticks at HZ */
	}
	for (unsigned int i = 0; i <= STATE_KEPT_TABLES; i++) {
		void *bytes = NULL;
		size_t len;

		ck_assert_int_eq(state_get_tables(&report, keys[i], &bytes, &len), i > 0);
		free(bytes);
	}
	ck_assert_uint_eq(notices, 0);
}
END_TEST

START_TEST(folder_of_others)
{
	struct report report = make_report();
	struct buf object = BUF_INIT;
	char key[STATE_DIGEST_HEX], path[64];

	snprintf(path, sizeof(path), "%s/state", folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	make_key(1, key);
	ck_assert(!state_get_object(&report, key, &object));
	ck_assert_ptr_nonnull(strstr(last_notice, "mode 0700"));
	state_put_object(&report, key, "object", 6);
	ck_assert_uint_eq(notices, 1);
	buf_free(&object);
}
END_TEST

START_TEST(failure)
{
	char *path = state_keep_failure("int x;", 6, "no");
	char file[256], text[8] = "";
	FILE *log;

	ck_assert_ptr_nonnull(path);
	snprintf(file, sizeof(file), "%s/log", path);
	log = fopen(file, "r");
	ck_assert_ptr_nonnull(log);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), log));
	ck_assert_str_eq(text, "no");
	fclose(log);
	free(path);
}
END_TEST

START_TEST(lock)
{
	struct report report = make_report();
	int first = -1, second = -1;

	ck_assert(state_lock(&report, 1, &first));
	ck_assert(fcntl(first, F_GETFD) & FD_CLOEXEC);
	ck_assert(!state_lock(&report, 0, &second));
	ck_assert_int_eq(report.status, REPORT_DONE);
	ck_assert_uint_eq(notices, 0);
	ck_assert(!state_lock(&report, 1, &second));
	ck_assert_int_eq(report.status, REPORT_SYSTEM);
	ck_assert_uint_eq(notices, 1);
	buf_free(&report.text);
	report = make_report();
	close(first);
	ck_assert(state_lock(&report, 0, &second));
	close(second);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("state");
	TCase *pure = tcase_create("pure"), *files = tcase_create("files");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(pure, digest);
	suite_add_tcase(suite, pure);
	tcase_add_checked_fixture(files, set_up, tear_down);
	tcase_add_test(files, keep_and_get);
	tcase_add_test(files, damaged);
	tcase_add_test(files, cut_and_empty);
	tcase_add_test(files, keep_the_last);
	tcase_add_test(files, tables);
	tcase_add_test(files, no_files);
	tcase_add_test(files, last_tables);
	tcase_add_test(files, folder_of_others);
	tcase_add_test(files, failure);
	tcase_add_test(files, lock);
	suite_add_tcase(suite, files);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
