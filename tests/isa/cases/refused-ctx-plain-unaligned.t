# if aligned
-- asm
	r0 = *(u32 *)(r1 + 2)
	exit
-- ctx 0
-- ctx_plain
-- refused invalid bpf_context access off=2 size=4
