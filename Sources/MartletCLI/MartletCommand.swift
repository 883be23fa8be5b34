import ArgumentParser
@main struct MartletCommand: ParsableCommand { func run() { } }
