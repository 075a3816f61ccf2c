# the context is checked in functions, too
-- asm
	call f
	exit
f:
	r0 = *(u64 *)(r1 + 16)
	exit
-- ctx 0 0
-- refused invalid bpf_context access off=16 size=8
