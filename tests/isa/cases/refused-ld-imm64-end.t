# a 64-bit immediate has a second half
-- asm
	r0 = 0
	raw 0x18 0 0 0 1
-- refused invalid bpf_ld_imm64 insn
