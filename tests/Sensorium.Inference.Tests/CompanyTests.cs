using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference.Tests;

/// <summary>A greedy answer is the same whoever else asks, on any number of threads, however its prompt is cut and whatever is kept of it.</summary>
[Collection(nameof(NanoModel))]
public sealed class CompanyTests(NanoModel nano)
{
    IReadOnlyList<PromptSpan>[] Prompts() =>
    [
        Prompt("What is in this picture?", 0),
        Prompt("What is the capital of France?"),
        Prompt("Name the animal.", 1),
        Prompt("Which of the two is larger?", 2, 3),
        Prompt("Write a short poem about the moon."),
        Prompt("What is in this picture?", 4),
        Prompt("What is in this picture?", 0),
        Prompt("Count to ten."),
    ];

    IReadOnlyList<PromptSpan> Prompt(string text, params int[] photos) => nano.System.Prompt(
        [new Message("user", [.. photos.Select(i => new ContentPart.Image(new Picture($"photo-{i}.jpg", NanoModel.Photo(i)))), new ContentPart.Text(text)])]);

    Task<List<int>> Answer(Engine engine, IReadOnlyList<PromptSpan> prompt, int newTokens) =>
        engine.Answer(nano.System, new GenerationRequest { Prompt = prompt, MaxNewTokens = newTokens });

    async Task<List<int>[]> Together(Engine engine, IReadOnlyList<PromptSpan>[] prompts, int newTokens) =>
        await Task.WhenAll(prompts.Select(p => Task.Run(() => Answer(engine, p, newTokens))));

    [Theory]
    [InlineData(Numerics.Exact, 6)]
    [InlineData(Numerics.Fast, 12)]
    public async Task AnAnswerIsTheSameAloneAndInCompany(Numerics numerics, int newTokens)
    {
        IReadOnlyList<PromptSpan>[] prompts = Prompts();
        var alone = new List<int>[prompts.Length];
        using (var one = new CpuDevice(threads: 1))
        using (var engine = new Engine(one, new EngineOptions { Numerics = numerics }))
        {
            for (int i = 0; i < prompts.Length; i++)
            {
                alone[i] = await Answer(engine, prompts[i], newTokens);
            }
        }

        alone.ShouldAllBe(ids => ids.Count > 0);
        alone.Select(ids => string.Join(' ', ids)).Distinct(StringComparer.Ordinal).Count().ShouldBeGreaterThan(4);

        // Prompts in pieces of 43 rows, eight at once, on two threads; then once more with what is kept of them.
        using var busy = new Engine(nano.Device, new EngineOptions { Numerics = numerics, StepRows = 43 });
        (await Together(busy, prompts, newTokens)).ShouldBe(alone);
        (await Together(busy, prompts, newTokens)).ShouldBe(alone);

        // Whole prompts in one step, in another order.
        using var wide = new Engine(nano.Device, new EngineOptions { Numerics = numerics });
        (await Together(wide, [.. prompts.Reverse()], newTokens)).ShouldBe([.. alone.Reverse()]);
    }
}
