# also not behind a conditional jump
-- asm
	r0 = 0
	if r0 == 0 goto -1
-- refused last insn is not an exit or jmp
