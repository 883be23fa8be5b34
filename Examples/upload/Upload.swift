import Glibc
import Martlet

/// Shows the form, and saves what it sends.
struct Upload: GET, POST {
    let folder: String

    func get(_ request: Request) -> Response {
        .html(page)
    }

    /// Takes the files one after the other, each straight to the disk and then, complete, to its place.
    func post(_ request: Request) async throws -> Response {
        var count = 0
        for try await part in try request.multipart() where part.isFile {
            guard let name = part.filename else { continue }  // Browsers send an empty one when none was chosen.
            let file = try await part.save(in: folder)
            try await place(file, as: SafeName(name))
            count += 1
        }
        guard count > 0 else { throw HTTPError(.badRequest, "Choose a file first.") }
        return .redirect(to: "/files/")
    }

    /// Moves the file to its name, or to the next one that is free: `move` never replaces a file.
    private func place(_ file: UploadedFile, as name: SafeName) async throws {
        for number in 1...1000 {
            do {
                return try await file.move(to: "\(folder)/\(name.numbered(number))")
            } catch let error as SystemError where error.code == EEXIST {
                continue
            }
        }
        throw HTTPError(.conflict, "There are a thousand files of this name already.")
    }
}

/// The form. Without JavaScript it works as browsers send forms; upload.js adds the progress.
private let page: HTML = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Upload</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/upload.css">
    <script src="/upload.js" defer></script>
    </head>
    <body>
    <main>
    <h1>Upload files</h1>
    <form id="upload" method="post" action="/" enctype="multipart/form-data">
    <label for="files">Any files, up to 8 GiB together</label>
    <input id="files" type="file" name="files" multiple required>
    <button>Upload</button>
    </form>
    <div id="progress" hidden>
    <progress max="1" value="0" aria-label="Progress"></progress>
    <p id="status" role="status"></p>
    <button type="button" id="cancel">Cancel</button>
    </div>
    <p><a href="/files/">What is there already</a></p>
    </main>
    </body>
    </html>

    """
