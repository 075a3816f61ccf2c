# one of another type
-- asm
	r1 = map ll
	call #1007
	exit
-- fault 2 (bpf_map)
