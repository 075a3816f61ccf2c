# reserved fields must be 0
-- asm
	r0 = 0
	raw 0x15 0 1 0 1
	exit
-- refused BPF_JMP/JMP32 uses reserved fields
