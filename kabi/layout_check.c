// SPDX-License-Identifier: GPL-2.0-only
/* Programs find the members of kernel objects where the BTF says that they are: so must this compiler. */
#include <linux/bpf.h>

#include "kabi/bpf_types.h"
#include "kabi/ops.h"
#include "kabi/rq.h"

#include "kabi_layout.h"
