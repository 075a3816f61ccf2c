# reserved fields must be 0
-- asm
	r0 = 0
	raw 0x06 0 0 1 0
	exit
-- refused BPF_JA uses reserved fields
