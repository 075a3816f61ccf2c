# no running off the end
-- asm
	r0 = 0
-- refused last insn is not an exit or jmp
