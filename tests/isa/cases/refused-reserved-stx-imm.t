# reserved fields must be 0
-- asm
	r0 = 0
	raw 0x7b 10 1 -8 1
	exit
-- refused BPF_STX uses reserved fields
