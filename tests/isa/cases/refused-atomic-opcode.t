# an atomic that does not exist
-- asm
	r1 = value ll
	r2 = 1
	raw 0xdb 1 2 0 0x30
	exit
-- refused BPF_ATOMIC uses invalid atomic opcode 30
