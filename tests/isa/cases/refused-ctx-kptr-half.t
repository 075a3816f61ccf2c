# a pointer in the context is read whole
-- asm
	r0 = *(u32 *)(r1 + 0)
	exit
-- ctx 0
-- kptr 1
-- refused invalid bpf_context access off=0 size=4
