using Sensorium.Models.Loading;
using Sensorium.Models.Systems;
using Sensorium.Tensors.Cpu;
using Sensorium.Text.Templates;

namespace Sensorium.Models.Tests;

public sealed class LlavaPromptTests : IDisposable
{
    const int Placeholder = 369;
    const int PictureTokens = 16;

    readonly CpuDevice device = new();
    readonly LlavaSystem system;

    public LlavaPromptTests() => system = (LlavaSystem)ModelLoader.LoadSystem(Path.Combine(TestCheckpoints.Bundle("llava"), "model"), device);

    static ContentPart.Image Photo { get; } = new(Picture.FromFile(Path.Combine(TestCheckpoints.Bundle("llava"), "photo-1-96x64.jpg")));

    static ContentPart.Text Words(string text) => new(text);

    public void Dispose() => device.Dispose();

    LlavaSystem With(string template) => new(system.Vision, Placeholder)
    {
        Name = "test",
        Backbone = system.Backbone,
        Tokenizer = system.Tokenizer,
        ChatTemplate = ChatTemplate.Parse(template, "test"),
        Generation = system.Generation,
        Identity = "test",
    };

    // The prompt as text, with [n] for a picture of n soft tokens.
    static string Show(LanguageSystem of, params Message[] messages) =>
        string.Concat(of.Prompt(messages).Select(span => span.Picture is null ? of.Tokenizer.Decode(span.Ids, skipSpecialTokens: false) : $"[{span.Length}]"));

    [Fact]
    public void ListsGoToTemplatesThatWantThem()
    {
        Message[] talk = [new("system", "Be kind."), new("user", [Words("What?"), Photo]), new("assistant", "A dog."), new("user", [Photo, Photo, Words("And these?")])];
        string shown = Show(system, talk);
        shown.ShouldContain("Be kind. USER:");
        shown.ShouldContain($"[{PictureTokens}]");
        shown.Split($"[{PictureTokens}]").Length.ShouldBe(4);
        shown.ShouldEndWith("ASSISTANT:");
    }

    [Theory]
    [InlineData("{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }} {% endfor %}GO")]
    [InlineData("{{ bos_token }}{% for m in messages %}{{ m['role'] + ': ' + m['content'] + ' ' }}{% endfor %}GO")]
    public void StringsGoToTemplatesThatWantThem(string template)
    {
        LlavaSystem strings = With(template);
        IReadOnlyList<PromptSpan> prompt = strings.Prompt([new Message("user", [Photo, Words("What?")])]);
        prompt.Count.ShouldBe(3);
        prompt[1].Length.ShouldBe(PictureTokens);
        prompt[0].Ids.Count(id => id == strings.Tokenizer.Special.Bos).ShouldBe(1);
        strings.Tokenizer.Decode(prompt[2].Ids, skipSpecialTokens: false).TrimStart(' ').ShouldBe("\nWhat? GO");
    }

    [Fact]
    public void ATemplateThatTakesBothGetsLists()
    {
        LlavaSystem both = With("{% for m in messages %}{% if m.content is string %}plain {{ m.content }}{% else %}{% for p in m.content %}{% if p.type == 'image' %}<image>{% else %}listed {{ p.text }}{% endif %}{% endfor %}{% endif %}{% endfor %}");
        Show(both, new Message("user", [Photo, Words("What?")])).ShouldContain("listed What?");
    }

    [Fact]
    public void TheFirstTokenIsAddedOnce()
    {
        int bos = system.Tokenizer.Special.Bos!.Value;
        system.Prompt([new Message("user", "Hi")])[0].Ids.Count(id => id == bos).ShouldBe(1);
        With("{{ bos_token }}{{ messages[0].content }}").Prompt([new Message("user", "Hi")])[0].Ids.Count(id => id == bos).ShouldBe(1);
    }

    [Fact]
    public void ATextCannotPassForAPicture()
    {
        RequestException e = Should.Throw<RequestException>(() => system.Prompt([new Message("user", [Photo, Words("Is <image> here?")])]));
        e.Error.ShouldBe(RequestError.UnsupportedContent);
        e.Message.ShouldContain("<image>");
        Should.Throw<RequestException>(() => system.Prompt([new Message("user", "<image>")])).Message.ShouldContain("<image>");
    }

    [Fact]
    public void ATemplateThatLosesThePictureIsRefused()
    {
        LlavaSystem blind = With("{% for m in messages %}{% for p in m.content if p.type == 'text' %}{{ p.text }}{% endfor %}{% endfor %}");
        Should.Throw<RequestException>(() => blind.Prompt([new Message("user", [Photo, Words("What?")])])).Message.ShouldContain("left out");
    }

    [Fact]
    public void TooManyPicturesAreCounted()
    {
        system.MaxPictures.ShouldBe(1024 / PictureTokens);
        RequestException e = Should.Throw<RequestException>(() => system.Prompt([new Message("user", [.. Enumerable.Repeat(Photo, 65)])]));
        e.Error.ShouldBe(RequestError.TooManyPictures);
        e.Message.ShouldContain("65 pictures");
    }
}
