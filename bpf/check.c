// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/check.h"
#include "bpf/disasm.h"

int check_refuse(struct bpf_check *c, u32 i, int err, const char *fmt, ...)
{
	const struct bpf_insn *insn = &c->insns[i];
	const char *callee = c->func && c->func[i] ? c->func[i]->name : NULL;
	char text[128], msg[256];
	va_list ap;

	if (!c->log || !c->log_len)
		return err;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	bpf_disasm(text, sizeof(text), insn, i + 1 < c->nr, callee);
	snprintf(c->log, c->log_len, "%u: %s\n%s\n", i, text, msg);
	return err;
}

static const struct bpf_func_desc *find_helper(struct bpf_check *c, u32 i, int *err)
{
	s32 id = c->insns[i].imm;
	const char *why = NULL, *name = bpf_helper_name(id);
	const struct bpf_func_desc *d = c->env->helper ? c->env->helper(c->env->arg, id, &why) : NULL;

	if (d)
		return d;
	if (!strcmp(name, "unknown"))
		*err = check_refuse(c, i, -EINVAL, "invalid func %s#%d", name, id);
	else
		*err = check_refuse(c, i, -EINVAL, "program of this type cannot use helper %s#%d%s%s", name,
				    id, why ? ": " : "", why ? why : "");
	return NULL;
}

static const struct bpf_func_desc *find_kfunc(struct bpf_check *c, u32 i, int *err)
{
	u32 id = c->insns[i].imm;
	s32 off = c->insns[i].off;
	const char *why = NULL;
	const struct bpf_func_desc *d;

	if (!id)
		return NULL;
	if (off) {
		*err = check_refuse(c, i, -EINVAL,
				    "kernel function btf_id %u is in module BTF %d: there are no modules", id,
				    off);
		return NULL;
	}
	d = c->env->kfunc ? c->env->kfunc(c->env->arg, id, &why) : NULL;
	if (d)
		return d;
	if (why)
		*err = check_refuse(c, i, -EACCES, "calling kernel function btf_id %u is not allowed: %s", id,
				    why);
	else
		*err = check_refuse(c, i, -EINVAL, "invalid kernel function btf_id %u", id);
	return NULL;
}

const struct bpf_func_desc *check_callee(struct bpf_check *c, u32 i, int *err)
{
	bool kfunc = c->insns[i].src_reg == BPF_PSEUDO_KFUNC_CALL;
	const struct bpf_func_desc *d;

	*err = 0;
	d = kfunc ? find_kfunc(c, i, err) : find_helper(c, i, err);
	if (!d || !(d->flags & BPF_FUNC_SLEEPS) || c->env->sleepable)
		return d;
	if (kfunc)
		*err = check_refuse(c, i, -EACCES, "program must be sleepable to call sleepable kfunc %s",
				    d->name);
	else
		*err = check_refuse(c, i, -EINVAL, "helper call might sleep in a non-sleepable prog: %s#%d",
				    d->name, c->insns[i].imm);
	return NULL;
}

int bpf_check(struct bpf_check *c, const struct bpf_insn *insns, u32 nr, const struct bpf_vm_env *env,
	      char *log, size_t log_len)
{
	int err;

	memset(c, 0, sizeof(*c));
	c->insns = insns;
	c->nr = nr;
	c->env = env;
	c->log = log;
	c->log_len = log_len;
	if (log && log_len)
		log[0] = 0;
	if (!nr || nr > BPF_MAX_INSNS) {
		if (log && log_len)
			snprintf(log, log_len, "program has %u instructions: there must be 1 to %u\n", nr,
				 BPF_MAX_INSNS);
		return nr ? -E2BIG : -EINVAL;
	}
	c->flags = calloc(nr, sizeof(*c->flags));
	c->func = calloc(nr, sizeof(*c->func));
	if (!c->flags || !c->func)
		return -ENOMEM;
	err = check_insns(c);
	if (!err)
		err = check_cfg(c);
	if (!err)
		err = check_flow(c);
	if (!err)
		err = check_depth(c);
	return err;
}

void bpf_check_free(struct bpf_check *c)
{
	free(c->flags);
	free(c->func);
}
