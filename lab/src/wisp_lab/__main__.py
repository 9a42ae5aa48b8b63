from wisp_lab.cli import main

main()
