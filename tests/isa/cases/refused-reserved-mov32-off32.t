# reserved fields must be 0
-- asm
	r0 = 0
	raw 0xbc 0 1 32 0
	exit
-- refused BPF_MOV uses reserved fields
