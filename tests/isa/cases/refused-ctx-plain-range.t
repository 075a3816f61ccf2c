# and in its bounds
-- asm
	*(u64 *)(r1 + 8) = 1
	r0 = 0
	exit
-- ctx 0
-- ctx_plain
-- refused invalid bpf_context access off=8 size=8
