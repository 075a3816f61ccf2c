# reserved fields must be 0
-- asm
	r0 = 0
	raw 0x79 0 1 0 1
	exit
-- refused BPF_LDX uses reserved fields
