using System.Text.Json;
using Microsoft.Extensions.AI;
using Sensorium.Media;
using Sensorium.Models.Systems;

namespace Sensorium.Inference.Tests;

/// <summary>The embedded model as <see cref="IChatClient"/>.</summary>
[Collection(nameof(NanoModel))]
public sealed class ChatClientTests : IDisposable
{
    readonly NanoModel nano;
    readonly Engine engine;
    readonly SensoriumChatClient client;

    public ChatClientTests(NanoModel nano)
    {
        this.nano = nano;
        engine = new Engine(nano.Device);
        client = new SensoriumChatClient(engine, nano.System, new AddressOptions { FileRoots = [Path.GetDirectoryName(NanoModel.PhotoPath(0))!] });
    }

    public void Dispose()
    {
        client.Dispose();
        engine.Dispose();
    }

    static ChatOptions Short(int tokens = 8) => new() { MaxOutputTokens = tokens, Temperature = 0 };

    static ChatMessage Ask(string text, params AIContent[] contents) => new(ChatRole.User, [.. contents, new TextContent(text)]);

    static DataContent Photo(int index) => new(NanoModel.Photo(index), "image/jpeg");

    [Fact]
    public async Task TheStreamIsTheWholeAnswer()
    {
        ChatMessage[] messages = [Ask("What is in this picture?", Photo(0))];
        ChatResponse whole = await client.GetResponseAsync(messages, Short());
        var updates = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(messages, Short()))
        {
            updates.Add(update);
        }

        whole.Text.ShouldNotBeNullOrWhiteSpace();
        string.Concat(updates.Select(u => u.Text)).ShouldBe(whole.Text);
        updates.Count.ShouldBeGreaterThan(2);
        updates.Select(u => u.ResponseId).Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
        updates[^1].FinishReason.ShouldBe(whole.FinishReason);
        whole.ModelId.ShouldBe("nano");
        whole.Messages.ShouldHaveSingleItem().Role.ShouldBe(ChatRole.Assistant);
    }

    [Fact]
    public async Task UsageCountsPictureTokensAndWhatWasKept()
    {
        ChatMessage[] messages = [Ask("What is in this picture?", Photo(1))];
        UsageDetails first = (await client.GetResponseAsync(messages, Short(4))).Usage.ShouldNotBeNull();
        UsageDetails again = (await client.GetResponseAsync(messages, Short(4))).Usage.ShouldNotBeNull();
        first.AdditionalCounts!["picture_tokens"].ShouldBe(18);
        first.OutputTokenCount.ShouldBe(4);
        first.TotalTokenCount.ShouldBe(first.InputTokenCount + 4);
        first.CachedInputTokenCount.ShouldBe(0);
        again.InputTokenCount.ShouldBe(first.InputTokenCount);
        again.CachedInputTokenCount.ShouldBe(first.InputTokenCount - 1);
        (await client.GetResponseAsync([Ask("What is in this picture?", Photo(1), Photo(1))], Short(1))).Usage!.AdditionalCounts!["picture_tokens"].ShouldBe(36);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Answer in French.")]
    public async Task NoMessagesAreNothingToAnswer(string? instructions)
    {
        RequestException refused = await Should.ThrowAsync<RequestException>(() => client.GetResponseAsync(Array.Empty<ChatMessage>(), new ChatOptions { MaxOutputTokens = 4, Instructions = instructions }));
        refused.Error.ShouldBe(RequestError.UnsupportedContent);
        refused.Message.ShouldContain("no messages");
        Should.Throw<RequestException>(() => nano.System.Prompt([])).Message.ShouldContain("no messages");
    }

    [Fact]
    public async Task CancellingEndsTheStreamAndTheEngineGoesOn()
    {
        using var cancel = new CancellationTokenSource();
        int seen = 0;
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync([Ask("Write a long poem about the sea.")], Short(800), cancel.Token))
            {
                if (++seen == 3)
                {
                    await cancel.CancelAsync();
                }
            }
        });
        seen.ShouldBeLessThan(50);
        await AnswersStill();
    }

    [Fact]
    public async Task AStopSequenceEndsTheAnswerBeforeItself()
    {
        ChatMessage[] messages = [Ask("What is the capital of France?")];
        string text = (await client.GetResponseAsync(messages, Short(12))).Text;
        string stop = text[(text.Length / 2)..(text.Length / 2 + 3)];
        ChatOptions options = Short(12);
        options.StopSequences = ["never said", stop];
        ChatResponse cut = await client.GetResponseAsync(messages, options);
        cut.Text.ShouldBe(text[..text.IndexOf(stop, StringComparison.Ordinal)]);
        cut.FinishReason.ShouldBe(ChatFinishReason.Stop);
    }

    public static TheoryData<string, ChatOptions> Refused => new()
    {
        { "Tools", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "one")] } },
        { "ResponseFormat", new ChatOptions { ResponseFormat = ChatResponseFormat.Json } },
        { "ResponseFormat", new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonDocument.Parse("{}").RootElement) } },
        { "ConversationId", new ChatOptions { ConversationId = "7" } },
        { "RawRepresentationFactory", new ChatOptions { RawRepresentationFactory = _ => new object() } },
        { "ModelId", new ChatOptions { ModelId = "another" } },
        { "AdditionalProperties[\"mirostat\"]", new ChatOptions { AdditionalProperties = new() { ["mirostat"] = 2 } } },
        { "AdditionalProperties[\"min_p\"]", new ChatOptions { AdditionalProperties = new() { ["min_p"] = "much" } } },
        { "max tokens", new ChatOptions { MaxOutputTokens = 0 } },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public async Task AnOptionThatIsNotSupportedIsRefusedByName(string name, ChatOptions options)
    {
        RequestException e = await Should.ThrowAsync<RequestException>(() => client.GetResponseAsync([Ask("Hello")], options));
        e.Error.ShouldBe(RequestError.UnsupportedOption);
        e.Message.ShouldContain(name);
    }

    [Theory]
    [InlineData(-1f, 0.9f, "Temperature")]
    [InlineData(1f, 1.5f, "TopP")]
    public async Task AValueOutsideItsRangeIsRefusedByName(float temperature, float topP, string name)
    {
        Exception e = await Should.ThrowAsync<Exception>(() => client.GetResponseAsync([Ask("Hello")], new ChatOptions { Temperature = temperature, TopP = topP }));
        e.ShouldBeOfType<RequestException>().Error.ShouldBe(RequestError.UnsupportedOption);
        e.Message.ShouldContain(name);
    }

    [Fact]
    public async Task OptionsAndMessagesAreNotModified()
    {
        ChatOptions options = Short(2);
        options.Instructions = "Be brief.";
        options.TopK = 5;
        options.Seed = 3;
        options.StopSequences = ["xyz"];
        options.AdditionalProperties = new() { ["min_p"] = 0.1 };
        ChatMessage[] messages = [Ask("Hello")];
        string before = JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions) + JsonSerializer.Serialize(messages, AIJsonUtilities.DefaultOptions);
        await client.GetResponseAsync(messages, options);
        (JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions) + JsonSerializer.Serialize(messages, AIJsonUtilities.DefaultOptions)).ShouldBe(before);
    }

    [Fact]
    public async Task ContentThatIsNoPictureIsRefusedByItsType()
    {
        RequestException sound = await Should.ThrowAsync<RequestException>(() => client.GetResponseAsync([Ask("What is it?", new DataContent(new byte[8], "audio/wav"))]));
        sound.Error.ShouldBe(RequestError.UnsupportedContent);
        sound.Message.ShouldContain("audio/wav");
        RequestException film = await Should.ThrowAsync<RequestException>(() => client.GetResponseAsync([Ask("What is it?", new UriContent("https://example.org/a.mp4", "video/mp4"))]));
        film.Message.ShouldContain("video/mp4");
        (await Should.ThrowAsync<RequestException>(() => client.GetResponseAsync([Ask("What is it?", new FunctionCallContent("1", "f"))]))).Message.ShouldContain(nameof(FunctionCallContent));
    }

    [Fact]
    public async Task ACorruptPictureIsTheCallersErrorAloneAndTheEngineGoesOn()
    {
        byte[] half = NanoModel.Photo(2);
        Array.Clear(half, 2, half.Length - 2);
        Task<ChatResponse> good = client.GetResponseAsync([Ask("What is in this picture?", Photo(2))], Short(3));
        await Should.ThrowAsync<MediaException>(() => client.GetResponseAsync([Ask("What is in this picture?", new DataContent(half, "image/jpeg"))], Short()));
        await Should.ThrowAsync<MediaException>(() => client.GetResponseAsync([Ask("What is in this picture?", new DataContent(new byte[] { 1, 2, 3 }, "image/png"))], Short()));
        (await good).Text.ShouldNotBeEmpty();
        await AnswersStill();
    }

    // The bytes decide, whatever the caller says that they are.
    [Fact]
    public async Task ThePictureOfAFileIsTheSamePicture()
    {
        string sent = (await client.GetResponseAsync([Ask("What is in this picture?", new DataContent(NanoModel.Photo(3), "image/png"))], Short())).Text;
        string fetched = (await client.GetResponseAsync([Ask("What is in this picture?", new UriContent(new Uri(NanoModel.PhotoPath(3)), "image/jpeg"))], Short())).Text;
        fetched.ShouldBe(sent);
        await Should.ThrowAsync<AddressException>(() => client.GetResponseAsync([Ask("What is it?", new UriContent(new Uri("file:///etc/hostname"), "image/png"))], Short()));
    }

    [Fact]
    public async Task AModelOfTextAloneTakesNoPictures()
    {
        LanguageSystem seeing = nano.System;
        var blind = new TextSystem
        {
            Name = "blind", Backbone = seeing.Backbone, Tokenizer = seeing.Tokenizer, ChatTemplate = seeing.ChatTemplate, Generation = seeing.Generation, Identity = "blind",
        };
        using var other = new SensoriumChatClient(engine, blind);
        RequestException e = await Should.ThrowAsync<RequestException>(() => other.GetResponseAsync([Ask("What is it?", Photo(0))]));
        e.Error.ShouldBe(RequestError.UnsupportedContent);
        e.Message.ShouldContain("blind");
    }

    [Fact]
    public async Task TooManyPicturesAreRefusedWithTheNumbers()
    {
        int most = nano.System.MaxPictures;
        DataContent photo = Photo(0);
        RequestException e = await Should.ThrowAsync<RequestException>(() => client.GetResponseAsync([Ask("Which?", [.. Enumerable.Repeat(photo, most + 1)])]));
        e.Error.ShouldBe(RequestError.TooManyPictures);
        e.Message.ShouldContain($"{most + 1}");
        e.Message.ShouldContain($"{most} at most");
    }

    [Fact]
    public async Task AnOverflowingContextIsRefusedWithTheNumbers()
    {
        int context = nano.System.Backbone.ContextLength;
        string longText = string.Join(' ', Enumerable.Repeat("tree", context));
        RequestException e = await Should.ThrowAsync<RequestException>(() => client.GetResponseAsync([Ask(longText)]));
        e.Error.ShouldBe(RequestError.ContextOverflow);
        e.Message.ShouldContain($"{context}");
        (await Should.ThrowAsync<RequestException>(() => client.GetResponseAsync([Ask("Hello")], Short(context)))).Message.ShouldContain("at most");
    }

    [Fact]
    public void ServicesAreFound()
    {
        client.GetService(typeof(IChatClient)).ShouldBeSameAs(client);
        client.GetService(typeof(ChatClientMetadata)).ShouldBeOfType<ChatClientMetadata>().DefaultModelId.ShouldBe("nano");
        client.GetService(typeof(LanguageSystem)).ShouldBeSameAs(nano.System);
        client.GetService(typeof(IChatClient), "key").ShouldBeNull();
    }

    async Task AnswersStill() => (await client.GetResponseAsync([Ask("What is the capital of France?")], Short(3))).Text.ShouldNotBeEmpty();
}
