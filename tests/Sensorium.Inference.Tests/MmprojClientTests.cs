using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Sensorium.Media.Images;
using Sensorium.Media.Images.Png;
using Sensorium.Models.Tests;

namespace Sensorium.Inference.Tests;

/// <summary>A GGUF language model that sees by a file beside it, as <see cref="IChatClient"/>.</summary>
public sealed class MmprojClientTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("sensorium").FullName;

    static string Language => Path.Combine(Path.GetDirectoryName(NanoModel.PhotoPath(0))!, "..", "gguf-archs", "model-llama.gguf");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task APictureIsSeenAndCounted()
    {
        var services = new ServiceCollection();
        services.AddSensorium(options =>
        {
            options.Model = Language;
            options.Mmproj = new TestMmproj().Write(Path.Combine(folder, "mmproj.gguf"));
        });
        await using ServiceProvider provider = services.BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();
        var image = new Image(30, 20, ImageMode.RGB);
        ChatMessage message = new(ChatRole.User, [new DataContent(PngEncoder.Encode(image), "image/png"), new TextContent("What?")]);
        ChatResponse response = await client.GetResponseAsync([message], new ChatOptions { MaxOutputTokens = 3, Temperature = 0 });
        UsageDetails usage = response.Usage.ShouldNotBeNull();
        usage.OutputTokenCount.ShouldNotBeNull().ShouldBeInRange(1, 3);
        usage.AdditionalCounts.ShouldNotBeNull()["picture_tokens"].ShouldBe(4);
    }

    [Fact]
    public void WithoutItTheSameModelTakesNoPictures()
    {
        using SensoriumChatClient client = SensoriumChatClient.Load(Language);
        client.System.MaxPictures.ShouldBe(0);
    }
}
