// SPDX-License-Identifier: GPL-2.0-only
/* Formats of BPF programs (bpf_bprintf_prepare and bstr_printf). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/bstr.h"

static struct gmem *g;

static int setup(void **state)
{
	char err[128];

	return gmem_create(&g, err, sizeof(err));
}

static int teardown(void **state)
{
	gmem_destroy(g);
	return 0;
}

/* A string in guest memory. */
static u64 guest(const char *s)
{
	char *p = gmem_alloc_rw(g, strlen(s) + 1, 1);

	strcpy(p, s);
	return (u64)(uintptr_t)p;
}

#define FORMAT(buf, fmt, ...) \
	bpf_bstr_format(g, buf, sizeof(buf), fmt, UINT32_MAX, (u64[]){__VA_ARGS__}, \
			sizeof((u64[]){__VA_ARGS__}) / 8, false)
#define GIVES(text, fmt, ...) \
	do { \
		char buf_[256]; \
		assert_int_equal(FORMAT(buf_, fmt, __VA_ARGS__), strlen(text)); \
		assert_string_equal(buf_, text); \
	} while (0)
#define REFUSED(err, fmt, ...) \
	do { \
		char buf_[256]; \
		assert_int_equal(FORMAT(buf_, fmt, __VA_ARGS__), err); \
	} while (0)

static void integers_have_the_size_that_the_format_says(void **state)
{
	GIVES("-1 4294967295 ffffffff", "%d %u %x", -1ull, -1ull, -1ull);
	GIVES("-1 18446744073709551615 FFFFFFFFFFFFFFFF", "%ld %lu %llX", -1ull, -1ull, -1ull);
	GIVES("-5 7", "%i %lld", (u32)-5, 7);
	GIVES("1 2 3", "%d %d %d", 1ull << 40 | 1, 2, 3);
}

static void flags_and_width_are_those_of_printf(void **state)
{
	GIVES("[   42][42   ][00042][+42][ 42]", "[%5d][%-5d][%05d][%+d][% d]", 42, 42, 42, 42, 42);
	GIVES("[   ab][ab   ]", "[%5s][%-5s]", guest("ab"), guest("ab"));
	GIVES("[  x][x  ]", "[%3c][%-3c]", 'x', 'x');
}

static void a_wide_field_is_padded_to_its_end(void **state)
{
	char buf[256];

	assert_int_equal(FORMAT(buf, "%0100d|", (u32)-7), 101);
	assert_memory_equal(buf, "-000", 4);
	assert_string_equal(buf + 98, "07|");
	assert_int_equal(FORMAT(buf, "%100d|", 7), 101);
	assert_string_equal(buf + 98, " 7|");
}

static void strings_come_from_readable_memory_or_are_empty(void **state)
{
	GIVES("a b", "%s %s", guest("a"), guest("b"));
	GIVES("<>", "<%s>", 0);
	GIVES("<>", "<%s>", 0xffff888000000000ull);
	GIVES("kernel user", "%pks %pus", guest("kernel"), guest("user"));
	GIVES("x,y.", "%s,%s.", guest("x"), guest("y"));
}

static void pointers_are_printed_in_16_digits(void **state)
{
	GIVES("0000551000000010", "%p", 0x551000000010ull);
	GIVES("0000551000000010 0000000000000000", "%px %pK", 0x551000000010ull, 0);
	GIVES("0x551000000010", "%pB", 0x551000000010ull);
	GIVES("p=0000000000000001,", "p=%p,", 1);
}

static void addresses_of_networks_are_printed(void **state)
{
	u64 ip = guest("\x0a\x01\xff\x02"),
	    ip6 = guest("\x20\x01\x0d\xb8\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01");

	GIVES("10.1.255.2 010.001.255.002", "%pI4 %pi4", ip, ip);
	GIVES("2001:0db8:0101:0101:0101:0101:0101:0101", "%pI6", ip6);
	GIVES("20010db8010101010101010101010101", "%pi6", ip6);
	GIVES("0.0.0.0", "%pI4", 0);
}

static void plain_text_and_percent_signs_pass(void **state)
{
	char buf[64];

	assert_int_equal(bpf_bstr_format(g, buf, sizeof(buf), "100%% of\ttext\n", UINT32_MAX, NULL, 0, false),
			 13);
	assert_string_equal(buf, "100% of\ttext\n");
	assert_int_equal(bpf_bstr_format(g, buf, sizeof(buf), "\xc3\xa4", UINT32_MAX, NULL, 0, false), 2);
	assert_int_equal(bpf_bstr_format(g, buf, sizeof(buf), "\xc3\xa4", UINT32_MAX, NULL, 0, true),
			 -EINVAL);
	assert_int_equal(bpf_bstr_format(g, buf, sizeof(buf), "\x01", UINT32_MAX, NULL, 0, false), -EINVAL);
}

static void other_conversions_are_refused(void **state)
{
	REFUSED(-EINVAL, "%n", 1);
	REFUSED(-EINVAL, "%f", 1);
	REFUSED(-EINVAL, "%o", 1);
	REFUSED(-EINVAL, "%hd", 1);
	REFUSED(-EINVAL, "%.3d", 1);
	REFUSED(-EINVAL, "%*d", 1, 2);
	REFUSED(-EINVAL, "%llld", 1);
	REFUSED(-EINVAL, "%pM", 1);
	REFUSED(-EINVAL, "%sx", guest("a"));
	REFUSED(-EINVAL, "%", 1);
	REFUSED(-EINVAL, "%l", 1);
	REFUSED(-EINVAL, "%d %d", 1);
}

static void a_format_ends_within_its_size(void **state)
{
	char buf[16];

	assert_int_equal(bpf_bstr_format(g, buf, sizeof(buf), "abc", 3, NULL, 0, false), -EINVAL);
	assert_int_equal(bpf_bstr_format(g, buf, sizeof(buf), "abc", 4, NULL, 0, false), 3);
}

static void the_whole_length_is_returned_of_what_does_not_fit(void **state)
{
	char buf[4] = "###";

	assert_int_equal(bpf_bstr_format(g, buf, sizeof(buf), "%d-text", UINT32_MAX, (u64[]){12}, 1, false),
			 7);
	assert_string_equal(buf, "12-");
	assert_int_equal(bpf_bstr_format(g, NULL, 0, "text", UINT32_MAX, NULL, 0, false), 4);
}

static void arguments_take_at_most_512_bytes_together(void **state)
{
	char text[600], buf[1024];
	u64 s;

	memset(text, 'a', sizeof(text));
	text[599] = 0;
	s = guest(text);
	assert_int_equal(FORMAT(buf, "%s", s), 511);
	REFUSED(-ENOSPC, "%s %d", s, 1);
	text[500] = 0;
	s = guest(text);
	assert_int_equal(FORMAT(buf, "%d %s", 1, s), 502);
	REFUSED(-ENOSPC, "%s %ld %d", s, 1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_have_the_size_that_the_format_says),
		cmocka_unit_test(flags_and_width_are_those_of_printf),
		cmocka_unit_test(a_wide_field_is_padded_to_its_end),
		cmocka_unit_test(strings_come_from_readable_memory_or_are_empty),
		cmocka_unit_test(pointers_are_printed_in_16_digits),
		cmocka_unit_test(addresses_of_networks_are_printed),
		cmocka_unit_test(plain_text_and_percent_signs_pass),
		cmocka_unit_test(other_conversions_are_refused),
		cmocka_unit_test(a_format_ends_within_its_size),
		cmocka_unit_test(the_whole_length_is_returned_of_what_does_not_fit),
		cmocka_unit_test(arguments_take_at_most_512_bytes_together),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
