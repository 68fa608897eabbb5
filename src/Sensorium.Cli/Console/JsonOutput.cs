using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sensorium.Cli.Console;

/// <summary>What a program reads: one JSON value and a line end on standard output.</summary>
static class JsonOutput
{
    static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonWriterOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one value, indented.</summary>
    public static void Write(Terminal terminal, Action<Utf8JsonWriter> value) => Write(terminal, value, Indented);

    /// <summary>Writes one value on one line, for results that come one after the other.</summary>
    public static void WriteLine(Terminal terminal, Action<Utf8JsonWriter> value) => Write(terminal, value, OneLine);

    static void Write(Terminal terminal, Action<Utf8JsonWriter> value, JsonWriterOptions options)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            value(writer);
        }

        terminal.Out.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
        terminal.Out.Flush();
    }
}
