# reserved fields must be 0
-- asm
	r0 = 0
	raw 0x87 0 0 0 1
	exit
-- refused BPF_NEG uses reserved fields
