# no context slot behind the last
-- asm
	r0 = *(u64 *)(r1 + 8)
	exit
-- ctx 0
-- refused invalid bpf_context access off=8 size=8
