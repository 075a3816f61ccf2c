# no jump into the middle of a 64-bit immediate
-- asm
	r1 = *(u64 *)(r1 + 0)
	if r1 == 0 goto 1
	r0 = 5 ll
	exit
-- ctx 0
-- refused jump into the middle of ldimm64 insn 2
