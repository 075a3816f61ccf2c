# context slots are read from their start
-- asm
	r0 = *(u32 *)(r1 + 4)
	exit
-- ctx 0
-- refused invalid bpf_context access off=4 size=4
