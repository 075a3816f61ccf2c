# no code without a path to it
-- asm
	r0 = 0
	exit
	r0 = 1
	exit
-- refused unreachable insn 2
