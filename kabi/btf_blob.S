/* SPDX-License-Identifier: GPL-2.0-only */
/* The BTF of each version, for kabi/btf.c. */
	.macro	blob	symbol, file
	.balign	8
	.globl	\symbol, \symbol\()_end
	.hidden	\symbol, \symbol\()_end
\symbol:
	.incbin	"\file"
\symbol\()_end:
	.endm

	.section .rodata
	blob	kabi_btf_7_2, "vmlinux-7.2.btf"
	blob	kabi_btf_6_12, "vmlinux-6.12.btf"
	blob	kabi_btf_2022, "vmlinux-2022.btf"

	.section .note.GNU-stack, "", %progbits
