# reserved fields must be 0
-- asm
	r0 = 0
	raw 0x85 0 0 1 1000
	exit
-- refused BPF_CALL uses reserved fields
