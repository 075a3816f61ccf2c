# no call into the middle of a 64-bit immediate
-- asm
	call 1
	r0 = 5 ll
	exit
-- refused jump into the middle of ldimm64 insn 1
