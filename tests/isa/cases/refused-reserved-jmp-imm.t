# reserved fields must be 0
-- asm
	r0 = 0
	raw 0x1d 0 0 0 1
	exit
-- refused BPF_JMP/JMP32 uses reserved fields
