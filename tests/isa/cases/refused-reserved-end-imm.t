# reserved fields must be 0
-- asm
	r0 = 0
	raw 0xd4 0 0 0 8
	exit
-- refused BPF_END uses reserved fields
