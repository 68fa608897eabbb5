using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Sensorium.Cli.Console;
using Sensorium.Cli.Errors;
using Sensorium.Inference;
using Sensorium.Media.Images;
using Sensorium.Models.Loading;

namespace Sensorium.Cli.Embedding;

/// <summary>
/// Embeds one input after the other and writes a line of JSON for each, in their order. Many are on their way at once, so
/// that the engine takes them together; a bad one is told, and the run goes on.
/// </summary>
sealed class EmbedRun(SensoriumEmbeddingGenerator generator, EmbeddingGenerationOptions? options, Terminal terminal)
{
    const int OnTheirWay = 64;
    const int PicturesOnTheirWay = 4;

    readonly Queue<(EmbedInput Input, Task<Embedding<float>> Vector)> running = new();
    readonly SemaphoreSlim pictures = new(PicturesOnTheirWay);
    int code = ExitCode.Success;
    int cutTexts;

    /// <summary>Embeds all that come. What is done is written before more is waited for, so that a program may write a line and read its vector.</summary>
    /// <returns>The exit code: <see cref="ExitCode.BadInput"/> when one of them could not be embedded.</returns>
    public async Task<int> AllAsync(ChannelReader<EmbedInput> inputs, CancellationToken cancellation)
    {
        while (true)
        {
            if (running.Count < OnTheirWay && inputs.TryRead(out EmbedInput? next))
            {
                running.Enqueue((next, EmbedAsync(next, cancellation)));
            }
            else if (running.Count > 0)
            {
                await WriteNextAsync().ConfigureAwait(false);
            }
            else if (!await inputs.WaitToReadAsync(cancellation).ConfigureAwait(false))
            {
                break;
            }
        }

        if (cutTexts > 0)
        {
            await terminal.Error.WriteLineAsync($"{cutTexts} text{(cutTexts == 1 ? " was" : "s were")} longer than the model takes: tokens_left_out says by how much").ConfigureAwait(false);
        }

        return code;
    }

    async Task<Embedding<float>> EmbedAsync(EmbedInput input, CancellationToken cancellation)
    {
        if (input.Kind == Embeds.Texts)
        {
            return (await generator.GenerateAsync([input.ReadText()], options, cancellation).ConfigureAwait(false))[0];
        }

        await pictures.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            byte[] bytes = Files.ReadPicture(input.File!);
            string type = ImageSniffer.Sniff(bytes) == ImageFormat.Png ? "image/png" : "image/jpeg";
            return (await generator.GenerateAsync([new DataContent(bytes, type) { Name = input.File }], cancellationToken: cancellation).ConfigureAwait(false))[0];
        }
        finally
        {
            pictures.Release();
        }
    }

    async Task WriteNextAsync()
    {
        (EmbedInput input, Task<Embedding<float>> vector) = running.Dequeue();
        try
        {
            Write(input, await vector.ConfigureAwait(false));
        }
        catch (Exception e) when (ErrorReport.IsInput(e))
        {
            await terminal.Out.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            code = ErrorReport.Report(e, terminal);
        }
    }

    void Write(EmbedInput input, Embedding<float> embedding) => JsonOutput.WriteLine(terminal, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString(input.File is null ? "text" : "file", input.File ?? input.Text);
        writer.WriteStartArray("embedding");
        foreach (float number in embedding.Vector.Span)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
        foreach (string count in (string[])["tokens", "tokens_left_out"])
        {
            if (embedding.AdditionalProperties?.TryGetValue(count, out int tokens) == true)
            {
                writer.WriteNumber(count, tokens);
                cutTexts += count == "tokens_left_out" ? 1 : 0;
            }
        }

        writer.WriteEndObject();
    });
}
