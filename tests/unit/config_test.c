// SPDX-License-Identifier: GPL-2.0
/* zrec.conf and policy.conf: what they say, what is wrong with them, which files they are made of */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "policy/ejections.h"
#include "policy/wishes.h"
#include "serve/config.h"

#define DAY_NS	(24 * 3600 * 1000000000ull)

static int parse(struct config *config, const char *text, char **errors)
{
	size_t len;
	FILE *f = open_memstream(errors, &len);
	int err = config_parse(config, "zrec.conf", text, strlen(text), f);

	fclose(f);
	return err;
}

static void bad(const char *text, const char *want)
{
	struct config config;
	char *errors;

	assert_int_equal(parse(&config, text, &errors), -EINVAL);
	assert_string_equal(errors, want);
	/* What is left is as if nothing had been read */
	assert_null(config.history.file);
	assert_int_equal(config.history.limits.keep_ns, 400 * DAY_NS);
	free(errors);
}

static void good(struct config *config, const char *text)
{
	char *errors;

	assert_int_equal(parse(config, text, &errors), 0);
	assert_string_equal(errors, "");
	free(errors);
}

static void nothing_said_is_the_default(void **state)
{
	struct config config;

	(void)state;
	good(&config, "");
	assert_null(config.history.file);
	assert_int_equal(config.history.limits.keep_ns, 400 * DAY_NS);
	assert_int_equal(config.history.limits.max_bytes, 1024ull << 20);
	assert_int_equal(config.journal.open_after_ns, 5 * 1000000000ull);
	assert_int_equal(config.journal.limits.burst, 200);
	assert_int_equal(config.journal.limits.per_minute, 60);
	assert_int_equal(config.metrics.listen.nr, 0);
	assert_int_equal(config.metrics.connections, 64);
	assert_int_equal(config.metrics.functions, 256);
	assert_null(config.metrics.certificate);
	assert_null(config.metrics.passwords);
	assert_int_equal(config.observe.ring_bytes, 0);
	assert_int_equal(config.observe.functions, 0);
	config_free(&config);
}

static void every_key_is_taken(void **state)
{
	struct config config;

	(void)state;
	good(&config, "# all of it\n[history]\nfile = /srv/zrec/history.db\nkeep-days=7\n"
	     "max-size = \\\n 10\n[journal]\nburst = 1\nper-minute = 1000000\nopen-after = 0\n"
	     "[metrics]\nlisten = 127.0.0.1:19714 ,[::1]:19715\nconnections = 8\nfunctions = 0\n"
	     "tls-certificate = /etc/zrec/cert.pem\ntls-key = zrec-exporter.key\npassword-file = /x\n[observe]\nring-size = 65536\nroom = 12\n");
	assert_string_equal(config.history.file, "/srv/zrec/history.db");
	assert_int_equal(config.history.limits.keep_ns, 7 * DAY_NS);
	assert_int_equal(config.history.limits.max_bytes, 10ull << 20);
	assert_int_equal(config.journal.open_after_ns, 0);
	assert_int_equal(config.journal.limits.burst, 1);
	assert_int_equal(config.journal.limits.per_minute, 1000000);
	assert_int_equal(config.metrics.listen.nr, 2);
	assert_int_equal(config.metrics.listen.address[0].ss_family, AF_INET);
	assert_int_equal(config.metrics.listen.address[1].ss_family, AF_INET6);
	assert_int_equal(config.metrics.connections, 8);
	assert_int_equal(config.metrics.functions, 0);
	assert_string_equal(config.metrics.certificate, "/etc/zrec/cert.pem");
	assert_string_equal(config.metrics.key, "zrec-exporter.key");
	assert_string_equal(config.metrics.passwords, "/x");
	assert_int_equal(config.observe.ring_bytes, 65536);
	assert_int_equal(config.observe.functions, 12);
	config_free(&config);
	good(&config, "[history]\nkeep-days = 0\nmax-size = 0\n");
	assert_int_equal(config.history.limits.keep_ns, 0);
	assert_int_equal(config.history.limits.max_bytes, 0);
	config_free(&config);
}

static void mistakes_are_named_by_line(void **state)
{
	(void)state;
	bad("[historie]\nkeep-days = x\n",
	    "zrec.conf:1: unknown section [historie], expected [action NAME], [history], [journal], [metrics] or [observe]\n");
	bad("[history x]\n", "zrec.conf:1: unknown section [history x], expected [action NAME], [history], [journal], [metrics] or [observe]\n");
	bad("[history\n", "zrec.conf:1: bad section '[history', expected [action NAME], [history], [journal], [metrics] or [observe]\n");
	bad("keep-days = 7\nmax-size = 3\n",
	    "zrec.conf:1: 'keep-days' before the first section, expected [action NAME], [history], [journal], [metrics] or [observe]\n");
	bad("[history]\nkeep_days = 7\n",
	    "zrec.conf:2: unknown key 'keep_days' in [history], expected file, keep-days or max-size\n");
	bad("[history]\n\nkeep-days = 36501\nmax-size = -1\nfile = history.db\n",
	    "zrec.conf:3: bad keep-days '36501', expected a number from 0 to 36500\n"
	    "zrec.conf:4: bad max-size '-1', expected a number from 0 to 16777216 (MiB)\n"
	    "zrec.conf:5: bad file 'history.db', expected an absolute path\n");
	bad("[history]\nkeep-days = 1\nkeep-days = 2\n",
	    "zrec.conf:3: 'keep-days' again, expected it once\n");
	bad("[history]\n[observe]\n[history]\nfile = /x\n",
	    "zrec.conf:3: [history] again, expected it once (it is in line 1)\n");
	bad("[observe]\nroom = 0\nring-size =\n",
	    "zrec.conf:2: bad room '0', expected a number from 1 to 4096\n"
	    "zrec.conf:3: bad ring-size '', expected a number from 1 to 1073741824 (bytes)\n");
	bad("[journal]\nburst = 0\nopen-after = 1s\nper-minute = 1000001\n",
	    "zrec.conf:2: bad burst '0', expected a number from 1 to 1000000\n"
	    "zrec.conf:3: bad open-after '1s', expected a number of seconds up to 4294967295\n"
	    "zrec.conf:4: bad per-minute '1000001', expected a number from 1 to 1000000\n");
	bad("[metrics]\nconnections = 7\nfunctions = 8193\nlisten = localhost:80\ntls-key = ../key\n"
	    "password-file =\n",
	    "zrec.conf:2: bad connections '7', expected a number from 8 to 192\n"
	    "zrec.conf:3: bad functions '8193', expected a number from 0 to 8192\n"
	    "zrec.conf:4: bad listen 'localhost:80', expected at most 8 of ADDRESS:PORT, with commas between them\n"
	    "zrec.conf:5: bad tls-key '../key', expected an absolute path, or the name of a credential\n"
	    "zrec.conf:6: bad password-file '', expected an absolute path, or the name of a credential\n");
	bad("[metrics]\ntls-key = /key\n",
	    "zrec.conf: tls-key without tls-certificate in [metrics], expected both or none\n");
	bad("[metrics]\ntls-certificate = /cert\n",
	    "zrec.conf: tls-certificate without tls-key in [metrics], expected both or none\n");
	bad("[history]\nkeep-days\n",
	    "zrec.conf:2: 'keep-days' is not an assignment, expected KEY = VALUE\n");
	bad("[history]\nfile = /a\033[2J\n", "zrec.conf:2: control character 0x1b, expected text\n");
	bad("[history]\nfile = /\xe2\x80\xae\n",
	    "zrec.conf:2: bad file '/\\xe2\\x80\\xae', expected an absolute path\n");
}

static void a_file_that_is_no_text_is_refused(void **state)
{
	struct config config;
	char *errors;
	size_t len;
	FILE *f = open_memstream(&errors, &len);

	(void)state;
	assert_int_equal(config_parse(&config, "zrec.conf", "[history]\n\0", 11, f), -EINVAL);
	fclose(f);
	assert_string_equal(errors, "zrec.conf:2: the file has NUL bytes, expected text\n");
	free(errors);
}

static void addresses_are_numbers(void **state)
{
	static const char *const bad_ones[] = {
		"", "19714", "localhost:19714", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0.1:65536", "1.2.3:80", "[::1]", "::1:80", "[:80", "[]:80", "[::1]80", "[::1:80",
		"[::1]:80x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80",
		",:80", ":80,", ":80 :81", ":80;:81", ":1,:2,:3,:4,:5,:6,:7,:8,:9",
	};
	struct config_listen listen = { .nr = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad_ones) / sizeof(bad_ones[0]); i++)
		if (config_parse_listen(&listen, bad_ones[i]) != -EINVAL || listen.nr != 7)
			fail_msg("%s", bad_ones[i]);
	assert_int_equal(config_parse_listen(&listen, " 127.0.0.1:19714,[::1]:19714 , :19714"), 0);
	assert_int_equal(listen.nr, 3);
	assert_int_equal(listen.address[0].ss_family, AF_INET);
	assert_int_equal(listen.address[1].ss_family, AF_INET6);
	assert_int_equal(listen.address[2].ss_family, AF_INET6);
	assert_int_equal(config_parse_listen(&listen, ":1,:2,:3,:4,:5,:6,:7,:8"), 0);
	assert_int_equal(listen.nr, CONFIG_LISTEN_MAX);
}

/* --- sections of which there can be several --- */

struct named {
	char name[8];
	char value[8];
};

static struct named named[4];

static void *find_named(void *config, const char *name)
{
	struct named *n = config;

	while (n->name[0] && strcmp(n->name, name))
		n++;
	snprintf(n->name, sizeof(n->name), "%s", name);
	return n;
}

static int set_value(void *to, const char *value)
{
	snprintf(((struct named *)to)->value, 8, "%s", value);
	return value[0] ? 0 : -EINVAL;
}

static const struct conf_key named_keys[] = { { "value", "a value", set_value }, { 0 } };
static const struct conf_section named_sections[] = {
	{ "thing", true, named_keys, find_named }, { 0 }
};

static void sections_with_names_are_apart(void **state)
{
	const char text[] = "[thing a]\nvalue = 1\n[thing b]\nvalue = 2\n[thing a]\n[thing]\n"
			    "value = 3\n[thing x/y]\n[thing  c ]\nvalue=4\n";
	char *errors;
	size_t len;
	FILE *f = open_memstream(&errors, &len);

	(void)state;
	memset(named, 0, sizeof(named));
	assert_int_equal(conf_parse(named_sections, "f", text, strlen(text), named, f), -EINVAL);
	fclose(f);
	assert_string_equal(errors,
		"f:5: [thing a] again, expected it once (it is in line 1)\n"
		"f:6: bad name '' in [thing NAME], expected at most 63 letters, digits, '_', '.' and '-'\n"
		"f:8: bad name 'x/y' in [thing NAME], expected at most 63 letters, digits, '_', '.' and '-'\n");
	assert_string_equal(named[0].value, "1");
	assert_string_equal(named[1].value, "2");
	assert_string_equal(named[2].name, "c");
	assert_string_equal(named[2].value, "4");
	free(errors);
}

/* --- several files --- */

struct dirs {
	char path[64];
	char etc[80], lib[80];
};

static char files_read[1024];

static void note(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	strcat(files_read, name);
	strcat(files_read, " ");
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/t.conf.d", dir);
	mkdir(dir, 0700);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int setup(void **state)
{
	static struct dirs d;

	strcpy(d.path, "/tmp/zrec-config-XXXXXX");
	if (!mkdtemp(d.path))
		return -1;
	snprintf(d.etc, sizeof(d.etc), "%s/etc", d.path);
	snprintf(d.lib, sizeof(d.lib), "%s/lib", d.path);
	memset(named, 0, sizeof(named));
	files_read[0] = '\0';
	*state = &d;
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", ((struct dirs *)*state)->path);
	return system(command);
}

static int read_dirs(const struct dirs *d, char **errors)
{
	const char *const dirs[] = { d->etc, d->lib, NULL };
	size_t len;
	FILE *f = open_memstream(errors, &len);
	int err = conf_read_dirs(named_sections, dirs, "t.conf", named, f, note);

	fclose(f);
	return err;
}

static void no_file_is_fine(void **state)
{
	char *errors;

	assert_int_equal(read_dirs(*state, &errors), 0);
	assert_string_equal(errors, "");
	assert_string_equal(files_read, "");
	free(errors);
}

static void drop_ins_come_later_and_by_name(void **state)
{
	const struct dirs *d = *state;
	char *errors;

	put(d->lib, "t.conf", "[thing a]\nvalue = lib\n");
	put(d->etc, "t.conf", "[thing a]\nvalue = etc\n");
	put(d->lib, "t.conf.d/20-b.conf", "[thing b]\nvalue = lib20\n");
	put(d->lib, "t.conf.d/10-a.conf", "[thing b]\nvalue = lib10\n[thing c]\nvalue = 1\n");
	put(d->etc, "t.conf.d/15-x.conf", "[thing b]\nvalue = etc15\n");
	put(d->etc, "t.conf.d/10-a.conf", "[thing d]\nvalue = masked\n");
	put(d->etc, "t.conf.d/.hidden.conf", "[nonsense]\n");
	put(d->etc, "t.conf.d/README", "[nonsense]\n");
	assert_int_equal(read_dirs(d, &errors), 0);
	assert_string_equal(errors, "");
	assert_string_equal(files_read, "t.conf 10-a.conf 15-x.conf 20-b.conf ");
	assert_string_equal(named[0].value, "etc");
	assert_string_equal(named[1].name, "d");
	assert_string_equal(named[1].value, "masked");
	assert_string_equal(named[2].value, "lib20");
	free(errors);
}

static void a_mistake_in_one_hides_none_in_the_next(void **state)
{
	const struct dirs *d = *state;
	char want[512], *errors;

	put(d->etc, "t.conf", "[thing a]\nvalu = 1\n");
	put(d->etc, "t.conf.d/a.conf", "[thing a]\nvalue =\n");
	snprintf(want, sizeof(want), "%s/t.conf:2: unknown key 'valu' in [thing], expected value\n"
		 "%s/t.conf.d/a.conf:2: bad value '', expected a value\n", d->etc, d->etc);
	assert_int_equal(read_dirs(d, &errors), -EINVAL);
	assert_string_equal(errors, want);
	assert_string_equal(files_read, "");
	free(errors);
}

/* --- policy.conf --- */

static int parse_wishes(struct policy_wishes *w, const char *text, char **errors)
{
	size_t len;
	FILE *f = open_memstream(errors, &len);
	int err = policy_wishes_parse(w, "policy.conf", text, strlen(text), f);

	fclose(f);
	return err;
}

static void policies_are_wanted_by_section(void **state)
{
	struct policy_wishes w;
	char *errors;

	(void)state;
	assert_int_equal(parse_wishes(&w, "[policy a]\nmode = enforce\nfunctions = fid=0x11,0x12\n"
				      "[policy b]\n[policy c]\nfunctions = 10%\nfile = /x/c.bpf.o\n",
				      &errors), 0);
	assert_string_equal(errors, "");
	free(errors);
	assert_int_equal(w.nr, 3);
	assert_string_equal(w.wish[0].name, "a");
	assert_int_equal(w.wish[0].mode, POLICY_ENFORCE);
	assert_true(w.wish[0].has_canary);
	assert_int_equal(w.wish[0].canary.nr_fids, 2);
	assert_int_equal(w.wish[1].mode, POLICY_SHADOW);
	assert_false(w.wish[1].has_canary);
	assert_null(w.wish[1].file);
	assert_int_equal(w.wish[2].canary.percent, 10);
	assert_string_equal(w.wish[2].file, "/x/c.bpf.o");
	policy_wishes_free(&w);
}

static void what_cannot_be_wanted_is_refused(void **state)
{
	struct policy_wishes w;
	char *errors;

	(void)state;
	assert_int_equal(parse_wishes(&w, "[policy a]\nmode = enforce\n[policy b]\nmode = enforce\n",
				      &errors), -EINVAL);
	assert_string_equal(errors, "policy.conf: 'a' and 'b' are to be enforced, but the kernel follows one policy\n");
	assert_int_equal(w.nr, 0);
	free(errors);
	assert_int_equal(parse_wishes(&w, "[policy]\n[policy a]\nmode = on\nfunctions = 200%\n"
				      "file = a.conf\n[rule x]\n", &errors), -EINVAL);
	assert_string_equal(errors,
		"policy.conf:1: bad name '' in [policy NAME], expected at most 63 letters, digits, '_', '.' and '-'\n"
		"policy.conf:3: bad mode 'on', expected enforce or shadow\n"
		"policy.conf:4: bad functions '200%', expected all, fid=FID,... of at most 128, or a percentage\n"
		"policy.conf:5: bad file 'a.conf', expected an absolute path\n"
		"policy.conf:6: unknown section [rule x], expected [policy NAME]\n");
	free(errors);
}

static void an_ejection_is_kept_until_it_is_forgotten(void **state)
{
	const struct dirs *d = *state;
	char why[EJECTION_TEXT_LEN];

	assert_int_equal(ejections_find(d->lib, "a", why), -ENOENT);
	assert_int_equal(ejections_forget(d->lib, "a"), 0);
	assert_int_equal(ejections_add(d->lib, "a", "too many isolations"), 0);
	assert_int_equal(ejections_add(d->lib, "a", "again"), 0);
	assert_int_equal(ejections_find(d->lib, "a", why), 0);
	assert_string_equal(why, "again");
	assert_int_equal(ejections_find(d->lib, "b", why), -ENOENT);
	/* What the kernel calls a policy is no path */
	assert_int_equal(ejections_add(d->lib, "../a", "x"), -EINVAL);
	assert_int_equal(ejections_find(d->lib, "../a", why), -ENOENT);
	assert_int_equal(ejections_forget(d->lib, "a"), 0);
	assert_int_equal(ejections_find(d->lib, "a", why), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_the_default),
		cmocka_unit_test(every_key_is_taken),
		cmocka_unit_test(mistakes_are_named_by_line),
		cmocka_unit_test(a_file_that_is_no_text_is_refused),
		cmocka_unit_test(addresses_are_numbers),
		cmocka_unit_test(sections_with_names_are_apart),
		cmocka_unit_test_setup_teardown(no_file_is_fine, setup, teardown),
		cmocka_unit_test_setup_teardown(drop_ins_come_later_and_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(a_mistake_in_one_hides_none_in_the_next, setup, teardown),
		cmocka_unit_test(policies_are_wanted_by_section),
		cmocka_unit_test(what_cannot_be_wanted_is_refused),
		cmocka_unit_test_setup_teardown(an_ejection_is_kept_until_it_is_forgotten, setup, teardown),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
