// SPDX-License-Identifier: GPL-2.0-only
#include "tests/machine/fake.h"

#include <errno.h>
#include <unistd.h>

static struct topology parse(const char *spec)
{
	struct topology t;
	char err[256];

	if (topology_parse(&t, spec, err, sizeof(err)))
		fail_msg("%s", err);
	return t;
}

static void a_number_is_that_many_cores_under_one_cache_and_node(void **state)
{
	struct topology t = parse("8");

	assert_int_equal(t.nr_cpus, 8);
	assert_int_equal(t.nr_cores, 8);
	assert_int_equal(t.nr_llcs, 1);
	assert_int_equal(t.nr_nodes, 1);
	assert_int_equal(t.nr_packages, 1);
	for (u32 cpu = 0; cpu < 8; cpu++) {
		assert_int_equal(t.cpu[cpu].core, cpu);
		assert_int_equal(t.cpu[cpu].thread, 0);
		assert_int_equal(t.cpu[cpu].capacity, 1024);
		assert_int_equal(t.smt_mask[cpu]->bits[0], 1 << cpu);
		assert_int_equal(t.llc_mask[cpu]->bits[0], 0xff);
	}
	assert_string_equal(t.spec, "8");
	topology_free(&t);
}

static void a_synthetic_string_gives_levels(void **state)
{
	struct topology t = parse("numa:2 l3:4 core:8 pu:2");

	assert_int_equal(t.nr_cpus, 128);
	assert_int_equal(t.nr_cores, 64);
	assert_int_equal(t.nr_llcs, 8);
	assert_int_equal(t.nr_nodes, 2);
	for (u32 cpu = 0; cpu < 128; cpu++) {
		assert_int_equal(t.cpu[cpu].core, cpu / 2);
		assert_int_equal(t.cpu[cpu].thread, cpu % 2);
		assert_int_equal(t.cpu[cpu].llc, cpu / 16);
		assert_int_equal(t.cpu[cpu].node, cpu / 64);
	}
	assert_true(topology_same_llc(&t, 0, 15));
	assert_false(topology_same_llc(&t, 15, 16));
	assert_true(topology_same_node(&t, 0, 63));
	assert_false(topology_same_node(&t, 63, 64));
	assert_int_equal(t.smt_mask[3]->bits[0], 3 << 2);
	assert_int_equal(t.llc_mask[17]->bits[0], 0xffff0000);
	assert_true(t.node_mask[5]->bits[0] == ~0ul && !t.node_mask[5]->bits[1]);
	assert_true(!t.node_mask[100]->bits[0] && t.node_mask[100]->bits[1] == ~0ul);
	assert_int_equal(t.node_distance[0], 10);
	assert_int_equal(t.node_distance[1], 20);
	assert_int_equal(t.node_distance[2], 20);
	assert_int_equal(t.node_distance[3], 10);
	topology_free(&t);
}

static void hardware_threads_need_not_be_named(void **state)
{
	struct topology t = parse("package:2 core:3");

	assert_int_equal(t.nr_cpus, 6);
	assert_int_equal(t.nr_cores, 6);
	assert_int_equal(t.nr_packages, 2);
	topology_free(&t);
}

static void without_caches_a_package_or_node_is_what_cpus_share(void **state)
{
	struct topology t = parse("package:2 core:2 pu:1");

	assert_int_equal(t.nr_llcs, 2);
	topology_free(&t);
	t = parse("package:2 numa:2 core:2 pu:1");
	assert_int_equal(t.nr_llcs, 4);
	assert_int_equal(t.nr_nodes, 4);
	topology_free(&t);
}

static void a_copy_stands_alone(void **state)
{
	struct topology t = parse("numa:2 core:2 pu:2"), copy;

	assert_int_equal(topology_copy(&copy, &t), 0);
	topology_free(&t);
	assert_int_equal(copy.nr_cpus, 8);
	assert_int_equal(copy.cpu[7].core, 3);
	assert_int_equal(copy.smt_mask[6]->bits[0], 0xc0);
	assert_int_equal(copy.node_distance[1], 20);
	assert_string_equal(copy.spec, "numa:2 core:2 pu:2");
	topology_free(&copy);
}

#define SETS(cpus) "cpuset=\"" cpus "\" complete_cpuset=\"" cpus "\" nodeset=\"1\" complete_nodeset=\"1\" "
#define CORE(n, cpus) \
	"<object type=\"Core\" os_index=\"" n "\" " SETS(cpus) "gp_index=\"1" n "\">" \
	"<object type=\"PU\" os_index=\"" n "\" " SETS(cpus) "gp_index=\"2" n "\"/></object>"

static const char hybrid[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
	"<topology version=\"2.0\">"
	"<object type=\"Machine\" os_index=\"0\" allowed_cpuset=\"7\" allowed_nodeset=\"1\" " SETS("7")
	"gp_index=\"1\">"
	"<object type=\"NUMANode\" os_index=\"0\" " SETS("7") "gp_index=\"2\" local_memory=\"1073741824\"/>"
	CORE("0", "1") CORE("1", "2") CORE("2", "4")
	"</object>"
	"<cpukind cpuset=\"0x00000003\" forced_efficiency=\"1\">"
	"<info name=\"FrequencyMaxMHz\" value=\"5000\"/></cpukind>"
	"<cpukind cpuset=\"0x00000004\"><info name=\"FrequencyMaxMHz\" value=\"2500\"/></cpukind>"
	"</topology>\n";

/* hwloc 2.9 crashes: no complete_cpuset */
static const char damaged[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
	"<topology version=\"2.0\">"
	"<object type=\"Machine\" os_index=\"0\" allowed_cpuset=\"3\" allowed_nodeset=\"1\" " SETS("3")
	"gp_index=\"1\">"
	"<object type=\"NUMANode\" os_index=\"0\" " SETS("3") "gp_index=\"2\" local_memory=\"1073741824\"/>"
	"<object type=\"PU\" os_index=\"0\" cpuset=\"1\" nodeset=\"1\"/>"
	"<object type=\"PU\" os_index=\"1\" cpuset=\"2\" nodeset=\"1\"/>"
	"</object></topology>\n";

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void cpu_kinds_of_an_xml_file_give_capacities(void **state)
{
	char name[64];
	struct topology t;

	snprintf(name, sizeof(name), "/tmp/uscx-test-%d.xml", getpid());
	write_file(name, hybrid);
	t = parse(name);
	unlink(name);
	assert_int_equal(t.nr_cpus, 3);
	assert_int_equal(t.nr_cores, 3);
	assert_int_equal(t.cpu[0].capacity, 1024);
	assert_int_equal(t.cpu[1].capacity, 1024);
	assert_int_equal(t.cpu[2].capacity, 512);
	topology_free(&t);
}

static void the_host_and_its_environment_have_no_influence(void **state)
{
	struct topology t;

	setenv("HWLOC_THISSYSTEM", "1", 1);
	setenv("HWLOC_THISSYSTEM_ALLOWED_RESOURCES", "1", 1);
	setenv("HWLOC_COMPONENTS", "linux", 1);
	setenv("HWLOC_SYNTHETIC", "core:3 pu:1", 1);
	t = parse("numa:2 core:1024 pu:2");
	assert_int_equal(t.nr_cpus, 4096);
	assert_string_equal(getenv("HWLOC_COMPONENTS"), "linux");
	topology_free(&t);
	unsetenv("HWLOC_THISSYSTEM");
	unsetenv("HWLOC_THISSYSTEM_ALLOWED_RESOURCES");
	unsetenv("HWLOC_COMPONENTS");
	unsetenv("HWLOC_SYNTHETIC");
}

static void a_refusal_names_the_part_and_the_reason(void **state)
{
	static const struct {
		const char *spec, *says;
	} cases[] = {
		{ "0", "machine \"0\": a machine needs a CPU" },
		{ "100000", "100000 CPUs are more than the 4096" },
		{ "99999999999999999999999", "more than the 4096" },
		{ "", "it is empty" },
		{ "  ", "it is empty" },
		{ "banana", "\"banana\" has no count" },
		{ "banana:3", "\"banana\" is not a level" },
		{ "core:0 pu:2", "\"core:0\" leaves no CPU" },
		{ "core:-1", "\"core:-1\" has no count" },
		{ "core: pu:2", "\"core:\" has no count" },
		{ "core:4x", "\"core:4x\" has no count" },
		{ "pu:2 core:4", "\"core:4\" stands after" },
		{ "numa:64 core:64 pu:2", "8192 CPUs are more than the 4096" },
		{ "numa:65536 core:65536 pu:65536", "more than the 4096" },
		{ "core:4(", "hwloc does not accept it" },
		{ "/nonexistent/machine.xml", "cannot read the file: No such file" },
	};
	struct topology t;
	char err[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(topology_parse(&t, cases[i].spec, err, sizeof(err)), -EINVAL);
		if (!strstr(err, cases[i].says))
			fail_msg("\"%s\" says: %s", cases[i].spec, err);
		assert_null(strchr(err, '\n'));
		assert_null(t.cpu);
	}
}

static void a_file_that_is_no_topology_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "<xml>", "<?xml version=\"1.0\"?><topology version=\"2.0\"></topology>", damaged,
	};
	struct topology t;
	char name[64], err[256];

	snprintf(name, sizeof(name), "/tmp/uscx-test-%d.xml", getpid());
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(name, texts[i]);
		assert_int_equal(topology_parse(&t, name, err, sizeof(err)), -EINVAL);
		assert_non_null(strstr(err, "not a topology"));
	}
	unlink(name);
}

static void a_message_is_cut_to_the_buffer(void **state)
{
	struct topology t;
	char err[12] = "xxxxxxxxxxx";

	assert_int_equal(topology_parse(&t, "0", err, 0), -EINVAL);
	assert_int_equal(topology_parse(&t, "banana", err, 10), -EINVAL);
	assert_int_equal(strlen(err), 9);
	assert_int_equal(err[10], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_that_many_cores_under_one_cache_and_node),
		cmocka_unit_test(a_synthetic_string_gives_levels),
		cmocka_unit_test(hardware_threads_need_not_be_named),
		cmocka_unit_test(without_caches_a_package_or_node_is_what_cpus_share),
		cmocka_unit_test(a_copy_stands_alone),
		cmocka_unit_test(cpu_kinds_of_an_xml_file_give_capacities),
		cmocka_unit_test(the_host_and_its_environment_have_no_influence),
		cmocka_unit_test(a_refusal_names_the_part_and_the_reason),
		cmocka_unit_test(a_file_that_is_no_topology_is_refused),
		cmocka_unit_test(a_message_is_cut_to_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
