# the context cannot be written
-- asm
	*(u64 *)(r1 + 0) = 1
	r0 = 0
	exit
-- ctx 0
-- refused invalid bpf_context access off=0 size=8
