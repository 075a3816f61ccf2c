# reserved fields must be 0
-- asm
	r0 = 0
	raw 0xbf 0 1 3 0
	exit
-- refused BPF_MOV uses reserved fields
