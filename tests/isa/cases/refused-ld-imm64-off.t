# a 64-bit immediate has no offset
-- asm
	raw 0x18 0 0 1 1
	raw 0 0 0 0 0
	exit
-- refused BPF_LD_IMM64 uses reserved fields
