# the second half of a 64-bit immediate has no other fields
-- asm
	raw 0x18 0 0 0 1
	raw 0 1 0 0 0
	exit
-- refused invalid bpf_ld_imm64 insn
